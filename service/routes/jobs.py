"""Jobs: start, watch, cancel."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from service.objects.content import ObjectList
from service.objects.lifecycle import EventObject, JobObject
from service.routes.dependencies import RuntimeDep
from store.datasets import get_dataset
from store.domains import domain_of, get_domain
from store.errors import InvalidInputError
from store.evaluations import create_evaluation
from store.jobs import FINAL, Job, create_job, get_job, list_events, list_jobs, request_cancel
from store.store import Store

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])
_POLL_S = 0.2


class NewJob(BaseModel):
    """A job to queue; `params` depend on its kind."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["ingest", "tune_generator", "evaluate"]
    domain: str
    params: dict[str, Any] = Field(default_factory=dict)


class IngestParams(BaseModel):
    """`ingest` takes nothing: it makes every received document searchable."""

    model_config = ConfigDict(extra="forbid")


class TuneParams(BaseModel):
    """`tune_generator`: what to learn from, and how the adapter is trained."""

    model_config = ConfigDict(extra="forbid")

    dataset: str
    split: Literal["train", "dev"] = "train"
    trained: Literal["with_context", "closed_book"] = "with_context"
    lora: dict[str, float | int] = Field(default_factory=dict)


class EvaluateParams(BaseModel):
    """`evaluate`: what to measure on, which arms, and the metric that decides."""

    model_config = ConfigDict(extra="forbid")

    dataset: str
    split: Literal["train", "dev", "test"] = "test"
    arms: list[str] | None = Field(None, min_length=1, max_length=10)
    primary_metric: Literal["f1", "em", "recall"] = "f1"


_PARAMS: dict[str, type[BaseModel]] = {
    "ingest": IngestParams,
    "tune_generator": TuneParams,
    "evaluate": EvaluateParams,
}


def queue_job(store: Store, kind: str, domain_name: str, params: dict[str, Any]) -> Job:
    """Check the parameters and queue the job; an evaluation gets its row at once."""
    domain = get_domain(store, domain_name)
    try:
        checked = _PARAMS[kind].model_validate(params).model_dump(exclude_none=True)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(["params", *(str(part) for part in first["loc"])])
        raise InvalidInputError(f"{name}: {first['msg']}.", param=name) from error
    dataset = get_dataset(store, domain.id, checked["dataset"]).id if "dataset" in checked else ""
    if dataset:
        checked["dataset"] = dataset
    job = create_job(store, kind, domain.id, checked)
    if kind == "evaluate":
        create_evaluation(store, domain.id, dataset, job.id)
    return job


@router.post("", status_code=201)
def create(body: NewJob, runtime: RuntimeDep) -> JobObject:
    """Queue a job."""
    return JobObject.of(queue_job(runtime.store, body.kind, body.domain, body.params), body.domain)


@router.get("")
def list_all(
    runtime: RuntimeDep,
    kind: str | None = None,
    status: str | None = None,
    domain: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 20,
) -> ObjectList:
    """Return jobs, newest first."""
    domain_id = get_domain(runtime.store, domain).id if domain else None
    found = list_jobs(runtime.store, kind, status, domain_id)
    return ObjectList.of([_object(runtime.store, job) for job in found[:limit]], has_more=len(found) > limit)


@router.get("/{job}")
def get(job: str, runtime: RuntimeDep) -> JobObject:
    """Return a job."""
    return _object(runtime.store, get_job(runtime.store, job))


@router.get("/{job}/events", response_model=ObjectList)
def events(
    job: str, runtime: RuntimeDep, accept: Annotated[str, Header()] = "", after: Annotated[int, Query(ge=0)] = 0
) -> Response | ObjectList:
    """Return what a job told; as server-sent events until it ends, if the client accepts those."""
    found = get_job(runtime.store, job)
    if "text/event-stream" in accept:
        return StreamingResponse(_watch(runtime.store, found.id, after), media_type="text/event-stream")
    return ObjectList.of([EventObject.of(event) for event in list_events(runtime.store, found.id, after)])


@router.post("/{job}/cancel")
def cancel(job: str, runtime: RuntimeDep) -> JobObject:
    """Ask a job to stop."""
    return _object(runtime.store, request_cancel(runtime.store, job))


def _object(store: Store, job: Job) -> JobObject:
    return JobObject.of(job, domain_of(store, job.domain_id).name)


async def _watch(store: Store, job_id: str, after: int) -> AsyncIterator[str]:
    while True:
        status = (await run_in_threadpool(get_job, store, job_id)).status
        for event in await run_in_threadpool(list_events, store, job_id, after):
            after = event.seq
            yield f"id: {event.seq}\nevent: {event.level}\ndata: {json.dumps(EventObject.of(event).model_dump())}\n\n"
        if status in FINAL:
            yield f"event: done\ndata: {json.dumps({'status': status})}\n\n"
            return
        await asyncio.sleep(_POLL_S)
