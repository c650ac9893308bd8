"""What clients read of the objects that a server sends: the fields that they use, and no others.

A server may send more; what is missing here a server need not send. The whole contract is `service.wire.tandem`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar, cast

from store.json_values import Json

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_Reply = TypeVar("_Reply")
Fields = dict[str, Json]  # an object of which all fields are shown as they are


@dataclass(frozen=True)
class Reason:
    """Why a document or a job failed."""

    code: str
    message: str


@dataclass(frozen=True)
class Ahead:
    """The job that a queued job waits for."""

    id: str
    kind: str
    progress: float


@dataclass(frozen=True)
class Job:
    """A job; `progress` runs from 0 to 1."""

    id: str
    kind: str
    status: str
    progress: float
    error: Reason | None = None
    result: Mapping[str, Json] | None = None
    waits_for: Ahead | None = None
    cancel_requested: bool = False


@dataclass(frozen=True)
class Event:
    """Something that a job told, at `created_at` seconds of Unix time."""

    level: str
    message: str
    data: Mapping[str, Json]
    created_at: int


@dataclass(frozen=True)
class Document:
    """A document; `sha256` is that of its newest version."""

    id: str
    external_id: str = ""
    title: str = ""
    sha256: str = ""
    status: str | None = None
    passages: int | None = None
    error: Reason | None = None


@dataclass(frozen=True)
class MetadataChange:
    """How many documents an edit of metadata is about, and how many of them it changes."""

    matched: int
    changed: int


@dataclass(frozen=True)
class MetadataValue:
    """A value of a key of metadata, and how many documents have it."""

    value: Json
    documents: int


@dataclass(frozen=True)
class MetadataKey:
    """A key of metadata: in how many documents its values are of which kind, and the most frequent values."""

    kinds: Mapping[str, int]
    values: Sequence[MetadataValue]


@dataclass(frozen=True)
class UploadItem:
    """What became of one file of an upload, and what is not certain in the text that was read."""

    external_id: str
    result: str
    document: Document | None
    error: Reason | None
    warning: str | None = None


@dataclass(frozen=True)
class UploadList:
    """The answer to an upload; `job` makes searchable what is not yet."""

    data: Sequence[UploadItem]
    job: str | None


@dataclass(frozen=True)
class Context:
    """Another span of the document that a quote needs: the line before a list, the header of a table."""

    kind: str
    quote: str


@dataclass(frozen=True)
class Citation:
    """A citation: characters `[start, end)` of the text of a document, on a page of it where it has pages."""

    marker: str
    external_id: str
    start: int
    end: int
    quote: str
    context: Sequence[Context] = ()
    page: int | None = None
    source: str = "text"


@dataclass(frozen=True)
class Fallback:
    """Why passages were quoted instead of what the release's generator would have written."""

    reason: str


@dataclass(frozen=True)
class Unsupported:
    """A sentence of an answer that no passage says, with why."""

    text: str
    reason: str


@dataclass(frozen=True)
class Answer:
    """An answer and what it rests on."""

    answer: str
    citations: Sequence[Citation]
    fallback: Fallback | None = None
    unsupported: Sequence[Unsupported] = ()
    generator: str = ""
    arm: str = ""
    release: str = ""
    evidence: float | None = None
    timings_ms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Domain:
    """A domain with the id of the release that it serves."""

    release: str
    documents: int = 0
    passages: int = 0


@dataclass(frozen=True)
class Release:
    """A release."""

    id: str
    active: bool
    manifest: Mapping[str, Json]


@dataclass(frozen=True)
class Dataset:
    """A data set with the number of its examples in each split."""

    counts: Mapping[str, int]


@dataclass(frozen=True)
class DraftedExample:
    """An example, and whether it was reviewed: `draft` if it was not."""

    key: str
    content: Mapping[str, Json]
    review: str | None = None


@dataclass(frozen=True)
class Finding:
    """Something that a check of a data set found."""

    message: str


@dataclass(frozen=True)
class Check:
    """What a check of a data set found: what looks wrong, and training examples that give away what is measured."""

    findings: Sequence[Finding]
    leaks: Sequence[Finding]


@dataclass(frozen=True)
class MeasuredArm:
    """An arm that was measured, with the release that stands for it."""

    release: str


@dataclass(frozen=True)
class Gate:
    """Whether an arm may be promoted, and why not."""

    passed: bool
    reasons: Sequence[str]


@dataclass(frozen=True)
class Report:
    """The report of an evaluation: what it measured, and how the gate stands to each arm but the active one."""

    arms: Mapping[str, MeasuredArm]
    gate: Mapping[str, Gate]


@dataclass(frozen=True)
class Started:
    """An evaluation and the job that carries it out."""

    id: str
    job: str


@dataclass(frozen=True)
class Page:
    """A page of a list."""

    data: Sequence[Json]
    has_more: bool = False
    last_id: str | None = None


def read(kind: type[_Reply], given: object) -> _Reply:
    """Return the object that a server sent as this kind; `ValueError` says what is missing or of another type."""
    return cast("_Reply", _adapter(kind).validate_python(given))  # type: ignore[arg-type]  # every class has a hash


@lru_cache
def _adapter(kind: type[object]) -> TypeAdapter[object]:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
