"""The objects of the wire, as CONVENTIONS pins them, and how each is made from a record of the store."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from generator.answer import Answer
from retriever.search import Hit, Result
from store.datasets import Dataset
from store.documents import Document, Version
from store.domains import Domain
from store.evaluations import Evaluation
from store.jobs import Event, Job
from store.models import Model
from store.releases import Release


class DomainObject(BaseModel):
    """An isolated space."""

    id: str
    object: Literal["domain"] = "domain"
    name: str
    description: str
    metadata: dict[str, Any]
    release: str
    documents: int
    passages: int
    created_at: int

    @classmethod
    def of(cls, domain: Domain) -> DomainObject:
        """Return the object of a record."""
        return cls(**domain.__dict__)


class DocumentObject(BaseModel):
    """A document, as its newest version describes it."""

    id: str
    object: Literal["document"] = "document"
    domain: str
    external_id: str
    title: str
    version: int
    status: Literal["received", "parsed", "searchable", "failed", "quarantined"]
    error: dict[str, str] | None
    media_type: str
    bytes: int
    sha256: str
    metadata: dict[str, Any]
    passages: int
    created_at: int
    updated_at: int

    @classmethod
    def of(cls, document: Document, domain: str) -> DocumentObject:
        """Return the object of a record."""
        return cls(domain=domain, **{k: v for k, v in document.__dict__.items() if k != "domain_id"})


class VersionObject(BaseModel):
    """One version of a document."""

    object: Literal["document.version"] = "document.version"
    version: int
    sha256: str
    media_type: str
    bytes: int
    created_at: int

    @classmethod
    def of(cls, version: Version) -> VersionObject:
        """Return the object of a record."""
        return cls(**{k: v for k, v in version.__dict__.items() if k != "text"})


class UploadItem(BaseModel):
    """What became of one item of an upload."""

    filename: str | None
    external_id: str
    result: Literal["created", "updated", "unchanged", "failed"]
    document: DocumentObject | None
    error: dict[str, str] | None


class UploadList(BaseModel):
    """The answer to an upload; `job` names the job that makes the rest searchable."""

    object: Literal["list"] = "list"
    data: list[UploadItem]
    job: str | None


class HitObject(BaseModel):
    """A passage that was found. Ranks begin at 1; equal texts of other documents are in `also_in`."""

    passage_id: str
    document_id: str
    external_id: str
    title: str
    version: int
    start: int
    end: int
    page: int | None
    heading: str
    text: str
    score: float
    ranks: dict[str, int | None]
    also_in: list[str]

    @classmethod
    def of(cls, hit: Hit) -> HitObject:
        """Return the object of a record."""
        own = {k: v for k, v in hit.passage.__dict__.items() if k not in ("id", "text_id")}
        return cls(passage_id=hit.passage.id, score=hit.score, ranks=hit.ranks, also_in=hit.also_in, **own)


class SearchObject(BaseModel):
    """The answer to a search."""

    object: Literal["list"] = "list"
    data: list[HitObject]
    index_seq: int
    release: str
    mode: str

    @classmethod
    def of(cls, result: Result, release: str, mode: str) -> SearchObject:
        """Return the object of a record."""
        return cls(
            data=[HitObject.of(hit) for hit in result.hits], index_seq=result.index_seq, release=release, mode=mode
        )


class CitationObject(BaseModel):
    """A checked citation: `quote` is `[start, end)` of the text of that version."""

    marker: str
    document_id: str
    external_id: str
    title: str
    version: int
    passage_id: str
    start: int
    end: int
    page: int | None
    quote: str
    score: float


class UsageObject(BaseModel):
    """Tokens of the language model; 0 where none was used."""

    prompt_tokens: int
    completion_tokens: int


class AnswerObject(BaseModel):
    """An answer and what it rests on."""

    id: str
    object: Literal["answer"] = "answer"
    answer: str
    abstained: bool
    evidence: float | None
    citations: list[CitationObject]
    passages: list[HitObject]
    domain: str
    arm: str
    release: str
    index_seq: int
    generator: str
    adapter: str | None
    usage: UsageObject
    timings_ms: dict[str, float]
    explain: dict[str, Any] | None = None

    @classmethod
    def of(cls, answer: Answer, query_id: str, domain: str, explain: bool) -> AnswerObject:
        """Return the object of a record."""
        same = ("answer", "abstained", "evidence", "arm", "release", "index_seq", "generator", "adapter", "timings_ms")
        return cls(
            id=query_id,
            domain=domain,
            citations=[CitationObject(**citation.__dict__) for citation in answer.citations],
            passages=[HitObject.of(hit) for hit in answer.hits],
            usage=UsageObject(prompt_tokens=answer.prompt_tokens, completion_tokens=answer.completion_tokens),
            explain=answer.explain if explain else None,
            **{name: getattr(answer, name) for name in same},
        )


class DatasetObject(BaseModel):
    """A data set. `tainted` and `outdated` count examples that are no longer used."""

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
    created_at: int

    @classmethod
    def of(cls, dataset: Dataset, domain: str) -> DatasetObject:
        """Return the object of a record."""
        own = {k: v for k, v in dataset.__dict__.items() if k not in ("domain_id", "splits")}
        return cls(domain=domain, counts=dataset.splits, splits=sorted(dataset.splits), **own)


class JobObject(BaseModel):
    """A job; `progress` runs from 0 to 1."""

    id: str
    object: Literal["job"] = "job"
    kind: str
    domain: str
    status: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    progress: float
    eta_s: float | None
    params: dict[str, Any]
    result: dict[str, Any] | None
    error: dict[str, str] | None
    created_at: int
    started_at: int | None
    finished_at: int | None

    @classmethod
    def of(cls, job: Job, domain: str) -> JobObject:
        """Return the object of a record."""
        return cls(domain=domain, **{k: v for k, v in job.__dict__.items() if k in cls.model_fields and k != "domain"})


class EventObject(BaseModel):
    """Something that a job told."""

    object: Literal["job.event"] = "job.event"
    seq: int
    level: str
    message: str
    data: dict[str, Any]
    created_at: int

    @classmethod
    def of(cls, event: Event) -> EventObject:
        """Return the object of a record."""
        return cls(**event.__dict__)


class ModelObject(BaseModel):
    """A registered model."""

    id: str
    object: Literal["model"] = "model"
    kind: Literal["base", "adapter", "embedder", "reranker"]
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
    manifest: dict[str, Any]
    active: bool
    created_at: int

    @classmethod
    def of(cls, release: Release, domain: str) -> ReleaseObject:
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


class Deleted(BaseModel):
    """The answer to a deletion."""

    id: str
    object: str
    deleted: Literal[True] = True


class ObjectList(BaseModel):
    """A page of a list."""

    object: Literal["list"] = "list"
    data: list[Any]
    first_id: str | None = Field(None)
    last_id: str | None = Field(None)
    has_more: bool

    @classmethod
    def of(cls, items: list[Any], has_more: bool = False) -> ObjectList:
        """Return the page that holds these objects."""
        ids = [getattr(item, "id", None) for item in items] or [None]
        return cls(data=items, first_id=ids[0], last_id=ids[-1], has_more=has_more)
