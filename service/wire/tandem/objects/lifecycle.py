"""Data sets, jobs, models, releases and evaluations."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel

from service.jobs.kinds import KINDS
from store.choices import one_of
from store.datasets import Dataset, Example
from store.evaluations import Evaluation
from store.jobs import Event, Job
from store.json_values import JsonObject
from store.models import Model
from store.releases import Release

JobKind = Annotated[str, one_of(KINDS)]
JobStatus = Literal["queued", "running", "succeeded", "failed", "cancelled"]
ModelKind = Literal["base", "adapter", "embedder", "reranker"]


class DatasetObject(BaseModel):
    """A data set. `tainted` and `outdated` count examples that are no longer used; `warnings` are of its import."""

    id: str
    object: Literal["dataset"] = "dataset"
    domain: str
    name: str
    kind: Literal["qa", "chat", "preference", "triplets", "retrieval", "text"]
    origin: Literal["human", "synthetic", "feedback"]
    counts: dict[str, int]
    splits: list[str]
    tainted: int
    outdated: int
    warnings: list[str]
    created_at: int

    @classmethod
    def of(cls, dataset: Dataset, domain: str) -> DatasetObject:
        """Return the object of a record."""
        own = {k: v for k, v in dataset.__dict__.items() if k not in ("domain_id", "splits")}
        return cls(domain=domain, counts=dataset.splits, splits=sorted(dataset.splits), **own)


class ExampleObject(BaseModel):
    """An example of a data set; `documents` maps the ids of those that it came from to their versions."""

    key: str
    split: str
    content: dict[str, Any]
    documents: dict[str, int]
    flag: str | None

    @classmethod
    def of(cls, example: Example) -> ExampleObject:
        """Return the object of a record."""
        return cls(
            key=example.key,
            split=example.split,
            content=example.content,
            documents=example.documents,
            flag=example.flag,
        )


class AheadObject(BaseModel):
    """The job that a queued job waits for; jobs of other kinds may run beside it."""

    id: str
    kind: str
    status: str
    progress: float


class JobObject(BaseModel):
    """A job; `progress` runs from 0 to 1, `eta_s` are seconds at the recent rate, null until that is known."""

    id: str
    object: Literal["job"] = "job"
    kind: str
    domain: str
    status: JobStatus
    cancel_requested: bool
    waits_for: AheadObject | None
    progress: float
    eta_s: float | None
    params: dict[str, Any]
    result: dict[str, Any] | None
    error: dict[str, str] | None
    created_at: int
    started_at: int | None
    finished_at: int | None

    @classmethod
    def of(cls, job: Job, domain: str, ahead: Job | None = None) -> JobObject:
        """Return the object of a record; `ahead` is the job that must end before it begins."""
        own = {k: v for k, v in job.__dict__.items() if k in cls.model_fields}
        first = ahead and AheadObject(id=ahead.id, kind=ahead.kind, status=ahead.status, progress=ahead.progress)
        return cls(domain=domain, waits_for=first, **own)


class EventObject(BaseModel):
    """Something that a job told."""

    id: str
    object: Literal["job.event"] = "job.event"
    level: str
    message: str
    data: dict[str, Any]
    created_at: int

    @classmethod
    def of(cls, event: Event) -> EventObject:
        """Return the object of a record."""
        return cls(id=f"evt_{event.seq}", **{k: v for k, v in event.__dict__.items() if k != "seq"})


class ModelObject(BaseModel):
    """A registered model."""

    id: str
    object: Literal["model"] = "model"
    kind: ModelKind
    domain: str | None
    base: str | None
    parent: str | None
    state: Literal["candidate", "released", "archived"]
    flags: list[str]
    lineage: dict[str, Any]
    metrics: dict[str, Any]
    created_at: int

    @classmethod
    def of(cls, model: Model, domain: str | None) -> ModelObject:
        """Return the object of a record."""
        return cls(
            domain=domain, **{k: v for k, v in model.__dict__.items() if k in cls.model_fields and k != "domain"}
        )


class ReleaseObject(BaseModel):
    """An immutable release; its id is the hash of its domain and manifest."""

    id: str
    object: Literal["release"] = "release"
    domain: str
    manifest: JsonObject
    active: bool
    created_at: int

    @classmethod
    def of(cls, release: Release[JsonObject], domain: str) -> ReleaseObject:
        """Return the object of a record."""
        return cls(domain=domain, **{k: v for k, v in release.__dict__.items() if k != "domain_id"})


class EvaluationObject(BaseModel):
    """An evaluation; verdict and report are there once its job succeeded."""

    id: str
    object: Literal["evaluation"] = "evaluation"
    domain: str
    dataset: str
    job: str
    status: str
    verdict: dict[str, Any] | None
    report: dict[str, Any] | None
    created_at: int

    @classmethod
    def of(cls, evaluation: Evaluation, domain: str) -> EvaluationObject:
        """Return the object of a record, with the report but for its single records."""
        report = evaluation.report and {key: value for key, value in evaluation.report.items() if key != "records"}
        return cls(
            id=evaluation.id,
            domain=domain,
            dataset=evaluation.dataset_id,
            job=evaluation.job_id,
            status=evaluation.status,
            verdict=report["verdict"] if report else None,
            report=report,
            created_at=evaluation.created_at,
        )
