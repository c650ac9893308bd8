"""Jobs: start, watch, cancel."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from service.http.paging import Page, page
from service.http.validation import Body
from service.jobs.lanes import waits_for
from service.runtime import Runtime
from service.wire.tandem.objects.content import ObjectList
from service.wire.tandem.objects.lifecycle import EventObject, JobKind, JobObject, JobStatus
from service.wire.tandem.routes.dependencies import STREAM_HEADERS, RuntimeDep
from store.datasets import get_dataset
from store.domains import domain_of, get_domain, list_domains
from store.errors import NotFoundError
from store.evaluations import create_evaluation
from store.jobs import FINAL, Job, active_jobs, create_job, get_job, list_events, list_jobs, request_cancel
from store.refusals import checked
from store.releases import get_release
from store.store import Store
from tuner.settings import LoraSettings

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])
_POLL_S = 0.2


class NewJob(Body):
    """A job to queue; `params` depend on its kind."""

    kind: JobKind
    domain: str
    params: dict[str, Any] = Field(default_factory=dict)


class IngestParams(Body):
    """`ingest` makes every received document searchable; with `retry` failed and quarantined ones are tried anew."""

    retry: bool = False


class TuneParams(Body):
    """`tune_generator`: what to learn from, and how the adapter is trained."""

    dataset: str
    split: Literal["train", "dev"] = "train"
    trained: Literal["with_context", "closed_book"] = "with_context"
    lora: dict[str, Any] = Field(default_factory=dict)


class EvaluateParams(Body):
    """`evaluate`: what to measure on, which arms, releases and adapters, and the metric that decides."""

    dataset: str
    split: Literal["train", "dev", "test"] = "test"
    arms: list[str] | None = Field(None, min_length=1, max_length=10)
    releases: list[str] | None = Field(None, min_length=1, max_length=10)
    adapters: list[str] | None = Field(None, min_length=1, max_length=10)
    primary_metric: Literal["f1", "em", "recall"] = "f1"


_PARAMS: dict[str, type[BaseModel]] = {
    "ingest": IngestParams,
    "tune_generator": TuneParams,
    "evaluate": EvaluateParams,
}


def queue_job(runtime: Runtime, kind: str, domain_name: str, params: dict[str, Any]) -> Job:
    """Check the parameters and queue the job; an evaluation gets its row in the same transaction.

    An `ingest` that waits already is taken instead of a new one.
    """
    store = runtime.store
    domain = get_domain(store, domain_name)
    given = checked(_PARAMS[kind], params, "params").model_dump(exclude_none=True)
    checked(LoraSettings, given.get("lora", {}), "params.lora")
    if kind == "ingest":
        return runtime.queue_ingest(domain.id, again=given["retry"])
    given["dataset"] = get_dataset(store, domain.id, given["dataset"]).id
    for release in given.get("releases", []):
        if get_release(store, release).domain_id != domain.id:
            raise NotFoundError(f"There is no release {release[:80]!r} in this domain.", code="release_not_found")
    if kind == "evaluate":
        job = get_job(store, create_evaluation(store, domain.id, given).job_id)
    else:
        job = create_job(store, kind, domain.id, given)
    runtime.worker.ask(job.id)
    return job


@router.post("", status_code=201)
def create(body: NewJob, runtime: RuntimeDep) -> JobObject:
    """Queue a job."""
    return _object(runtime.store, queue_job(runtime, body.kind, body.domain, body.params))


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
