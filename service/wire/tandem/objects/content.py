"""Domains, documents, search hits, answers, and what lists and deletions look like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field

from generator.answer import Answer
from retriever.search.search import Hit, Result
from store.documents import Document, Version
from store.domains import Domain, DomainSize

DocumentStatus = Literal["received", "parsed", "searchable", "failed", "quarantined"]


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
    def of(cls, domain: Domain, size: DomainSize) -> DomainObject:
        """Return the object of a record."""
        return cls(**domain.__dict__, **size.__dict__)


class DocumentObject(BaseModel):
    """A document, as its newest version describes it."""

    id: str
    object: Literal["document"] = "document"
    domain: str
    external_id: str
    title: str
    version: int
    status: DocumentStatus
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
    """What became of one item of an upload; `warning` says what is not certain in the text that was read."""

    filename: str | None
    external_id: str
    result: Literal["created", "updated", "unchanged", "failed"]
    document: DocumentObject | None
    error: dict[str, str] | None
    warning: str | None = None


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


class ErrorContent(BaseModel):
    """What went wrong, what to do, and which field is to blame."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorObject(BaseModel):
    """The shape of every failure."""

    error: ErrorContent


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
    def of(cls, items: Sequence[Any], has_more: bool = False, ids: Sequence[str | None] | None = None) -> ObjectList:
        """Return the page that holds these objects; `ids` are those that their own fields do not name."""
        names = [getattr(item, "id", None) for item in items] if ids is None else ids
        first, last = (names[0], names[-1]) if names else (None, None)
        return cls(data=list(items), first_id=first, last_id=last, has_more=has_more)
