"""Jobs: start, watch, cancel."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import Field

from service.actions import jobs
from service.http.objects import ObjectList
from service.http.paging import Page, page
from service.http.validation import Body
from service.runtime import Runtime
from service.wire.tandem.objects.jobs import EventObject, JobKind, JobObject, JobStatus
from service.wire.tandem.routes.dependencies import STREAM_HEADERS, AccessDep, RuntimeDep
from store.job_states import FINAL
from store.jobs import list_events
from store.json_values import Json

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])
_POLL_S = 0.2


class NewJob(Body):
    """A job to queue; `params` depend on its kind."""

    kind: JobKind
    domain: str
    params: dict[str, Json] = Field(default_factory=dict)


@router.post("", status_code=201)
def create(body: NewJob, runtime: RuntimeDep, access: AccessDep) -> JobObject:
    """Queue a job."""
    return JobObject.of(jobs.queue(runtime, body.kind, body.domain, body.params, access))


@router.get("")
def list_all(
    runtime: RuntimeDep,
    access: AccessDep,
    page: Annotated[Page, Depends(page(20))],
    kind: JobKind | None = None,
    status: JobStatus | None = None,
    domain: str | None = None,
) -> ObjectList[JobObject]:
    """Return jobs, newest first."""
    return page.of([JobObject.of(each) for each in jobs.find(runtime, kind, status, domain, access)])


@router.get("/{job}")
def get(job: str, runtime: RuntimeDep, access: AccessDep) -> JobObject:
    """Return a job."""
    return JobObject.of(jobs.get(runtime, job, access))


@router.get("/{job}/events", response_model=ObjectList[EventObject])
def events(
    job: str,
    runtime: RuntimeDep,
    access: AccessDep,
    page: Annotated[Page, Depends(page(20, "asc"))],
    accept: Annotated[str, Header()] = "",
    last_event_id: Annotated[str, Header(pattern=r"^\d{0,15}$")] = "",
) -> Response | ObjectList[EventObject]:
    """Return what a job told, the oldest first; as server-sent events until it ends, if the client accepts those."""
    found = jobs.seen(runtime, job, access)
    if "text/event-stream" in accept:
        watched = _watch(runtime, found.id, int(last_event_id or 0))
        return StreamingResponse(watched, media_type="text/event-stream", headers=STREAM_HEADERS)
    return page.of([EventObject.of(event) for event in list_events(runtime.store, found.id)])


@router.post("/{job}/cancel")
def cancel(job: str, runtime: RuntimeDep, access: AccessDep) -> JobObject:
    """Ask a job to stop."""
    return JobObject.of(jobs.cancel(runtime, job, access))


async def _watch(runtime: Runtime, job_id: str, after: int) -> AsyncIterator[str]:
    """Yield the events after a sequence number until the job or the server ends; a client then asks the next server."""
    while not runtime.draining.is_set():
        told, status = await run_in_threadpool(jobs.told, runtime, job_id, after)
        for event in told:
            after = event.seq
            yield f"id: {event.seq}\nevent: {event.level}\ndata: {json.dumps(EventObject.of(event).model_dump())}\n\n"
        if status in FINAL:
            yield f"event: done\ndata: {json.dumps({'status': status})}\n\n"
            return
        await asyncio.sleep(_POLL_S)
