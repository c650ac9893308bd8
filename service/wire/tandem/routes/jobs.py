"""Jobs: start, watch, cancel."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import Field, JsonValue

from service.http.paging import Page, page
from service.http.validation import Body
from service.jobs.lanes import waits_for
from service.runtime import Runtime
from service.wire.tandem.objects.content import ObjectList
from service.wire.tandem.objects.lifecycle import EventObject, JobKind, JobObject, JobStatus
from service.wire.tandem.routes.dependencies import STREAM_HEADERS, RuntimeDep
from store.domains import domain_of, get_domain, list_domains
from store.jobs import FINAL, Job, active_jobs, get_job, list_events, list_jobs, request_cancel
from store.store import Store

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])
_POLL_S = 0.2


class NewJob(Body):
    """A job to queue; `params` depend on its kind."""

    kind: JobKind
    domain: str
    params: dict[str, JsonValue] = Field(default_factory=dict)


@router.post("", status_code=201)
def create(body: NewJob, runtime: RuntimeDep) -> JobObject:
    """Queue a job."""
    return _object(runtime.store, runtime.queue(body.kind, get_domain(runtime.store, body.domain).id, body.params))


@router.get("")
def list_all(
    runtime: RuntimeDep,
    page: Annotated[Page, Depends(page(20))],
    kind: JobKind | None = None,
    status: JobStatus | None = None,
    domain: str | None = None,
) -> ObjectList:
    """Return jobs, newest first."""
    domain_id = get_domain(runtime.store, domain).id if domain else None
    found = reversed(list_jobs(runtime.store, kind, status, domain_id))
    names = {each.id: each.name for each in list_domains(runtime.store)}
    active = active_jobs(runtime.store)
    shown = [JobObject.of(job, names[job.domain_id], waits_for(job, active)) for job in found if job.domain_id in names]
    return page.of(shown)


@router.get("/{job}")
def get(job: str, runtime: RuntimeDep) -> JobObject:
    """Return a job."""
    return _object(runtime.store, get_job(runtime.store, job))


@router.get("/{job}/events", response_model=ObjectList)
def events(
    job: str,
    runtime: RuntimeDep,
    page: Annotated[Page, Depends(page(20, "asc"))],
    accept: Annotated[str, Header()] = "",
    last_event_id: Annotated[str, Header(pattern=r"^\d{0,15}$")] = "",
) -> Response | ObjectList:
    """Return what a job told, the oldest first; as server-sent events until it ends, if the client accepts those."""
    found = get_job(runtime.store, job)
    if "text/event-stream" in accept:
        watched = _watch(runtime, found.id, int(last_event_id or 0))
        return StreamingResponse(watched, media_type="text/event-stream", headers=STREAM_HEADERS)
    return page.of([EventObject.of(event) for event in list_events(runtime.store, found.id)])


@router.post("/{job}/cancel")
def cancel(job: str, runtime: RuntimeDep) -> JobObject:
    """Ask a job to stop."""
    return _object(runtime.store, request_cancel(runtime.store, job))


def _object(store: Store, job: Job) -> JobObject:
    ahead = waits_for(job, active_jobs(store)) if job.status == "queued" else None
    return JobObject.of(job, domain_of(store, job.domain_id).name, ahead)


async def _watch(runtime: Runtime, job_id: str, after: int) -> AsyncIterator[str]:
    """Yield the events after a sequence number until the job or the server ends; a client then asks the next server."""
    store = runtime.store
    while not runtime.draining.is_set():
        status = (await run_in_threadpool(get_job, store, job_id)).status
        for event in await run_in_threadpool(list_events, store, job_id, after):
            after = event.seq
            yield f"id: {event.seq}\nevent: {event.level}\ndata: {json.dumps(EventObject.of(event).model_dump())}\n\n"
        if status in FINAL:
            yield f"event: done\ndata: {json.dumps({'status': status})}\n\n"
            return
        await asyncio.sleep(_POLL_S)
