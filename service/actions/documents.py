"""Documents: taking uploads, replacing, reading, deleting.

Of an upload: what is stored of each item, what keeps one out, and what is to be said of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from retriever.documents.blocks import UnreadableError
from retriever.documents.formats.table import Choice, format_of_type, format_of_upload
from retriever.documents.reading import Original
from retriever.search.filters import Filter, attributes
from service.jobs.ingest import INGEST
from service.runtime import Runtime
from store.documents import Document, get_document, get_version, list_documents
from store.domains import Domain
from store.editing import Edit, edit_document
from store.errors import ConflictError, NotReadyError, TandemError, UnprocessableError
from store.json_values import JsonObject
from store.receiving import NewUpload, Result, check_external_id, receive_all

_Outcome = tuple[Document, Result] | TandemError


@dataclass(frozen=True)
class Upload:
    """One item of an upload: `data` and all that is stored with it, or the `error` that keeps it out.

    `external_id` is what the answer calls the item; `named` says that the client chose it. No title and no metadata
    leave those of an earlier version as they are.
    """

    filename: str | None
    external_id: str
    title: str | None = None
    data: bytes = b""
    media_type: str | None = None
    metadata: JsonObject | None = None
    error: TandemError | None = None
    warning: str | None = None
    named: bool = True


@dataclass(frozen=True)
class Item:
    """What became of one item; `warning` says what is not certain in the text that was read."""

    filename: str | None
    external_id: str
    result: Literal["created", "updated", "unchanged", "failed"]
    document: Document | None
    error: dict[str, str] | None
    warning: str | None = None


@dataclass(frozen=True)
class Taken:
    """What became of an upload; `job` is the id of the job that does the rest, None if nothing is left.

    The rest are documents that wait, and the vectors of those that are found by their words so far.
    """

    items: list[Item]
    job: str | None

    @property
    def waits(self) -> bool:
        """Whether some document is not searchable yet."""
        return any(item.document is not None and _waits(item.document) for item in self.items)


@dataclass(frozen=True)
class Wanted:
    """Which documents of a domain are asked for: `limit` of them after the one whose id is `after`, in this order."""

    limit: int
    after: str | None = None
    order: Literal["asc", "desc"] = "desc"
    status: str | None = None
    external_id: str | None = None
    filter: Filter | None = None


def take(runtime: Runtime, domain: Domain, uploads: list[Upload], wait: bool) -> Taken:
    """Store the items and return what became of each; `uploads` is emptied, so that its bytes can be freed.

    With `wait` each is made searchable before this returns; otherwise a job does it. An item that fails does not keep
    the others out; if none was taken, `UnprocessableError` names the first reason.
    """
    outcomes = _receive(runtime, domain, [_checked(runtime, upload) for upload in _without_rivals(uploads)])
    if all(isinstance(outcome, TandemError) for outcome in outcomes):
        first = next(outcome for outcome in outcomes if isinstance(outcome, TandemError))
        raise UnprocessableError(first.message, code=first.code, param=first.param or "files")
    return _finish(runtime, domain, _let_go(runtime, uploads, outcomes), outcomes, wait)


def replace(runtime: Runtime, domain: Domain, document: Document, uploads: list[Upload], wait: bool) -> Taken:
    """Do what `take` does with one new version of this document; raise what is wrong with it, and then change nothing.

    A file that cannot be read is refused here, while `take` would keep it as a version that failed.
    """
    outcome = _receive_version(runtime, domain, document, uploads[0])
    return _finish(runtime, domain, _let_go(runtime, uploads, [outcome]), [outcome], wait)


def find(runtime: Runtime, domain: Domain, wanted: Wanted) -> tuple[list[Document], bool]:
    """Return the documents that are wanted, and whether there are more."""
    found = list_documents(
        runtime.store,
        domain.id,
        limit=None if wanted.filter else wanted.limit + 1,
        after=wanted.after,
        order=wanted.order,
        status=wanted.status,
        external_id=wanted.external_id,
    )
    passes = wanted.filter
    if passes is not None:
        found = [each for each in found if passes.matches(attributes(each.metadata, each))]
    return found[: wanted.limit], len(found) > wanted.limit


def delete(runtime: Runtime, domain: Domain, document: str) -> Document:
    """Delete a document, named by id or external id, with all its versions; return what it was.

    No query that begins after this returned sees it.
    """
    known = get_document(runtime.store, domain.id, document)
    runtime.engine.delete(domain.id, known.id)
    return known


def edit(runtime: Runtime, domain: Domain, document: str, change: Edit) -> Document:
    """Change external id, title or metadata of a document; with another title a job makes it searchable again."""
    edited = edit_document(runtime.store, domain.id, document, change)
    if edited.status == "received":
        runtime.queue(INGEST.name, domain.id, {})
    return edited


def read(runtime: Runtime, domain: Domain, document: str, version: int | None) -> str:
    """Return the text of a version, None for the newest, which citations give offsets into.

    Raises `ConflictError` for one that could not be read, and `NotReadyError` for one that was not read yet.
    """
    found = get_version(runtime.store, domain.id, document, version)
    if found.text is None and get_document(runtime.store, domain.id, document).status == "failed":
        raise ConflictError(f"Version {found.version} could not be read; see the document's error.", code="not_parsed")
    if found.text is None:
        raise NotReadyError(f"Version {found.version} was not read yet; see the document's status.", code="not_parsed")
    return found.text


def _receive_version(runtime: Runtime, domain: Domain, document: Document, upload: Upload) -> _Outcome:
    checked = _checked(runtime, upload, replaces=document.id)
    if isinstance(checked, TandemError):
        raise checked
    (content,) = runtime.engine.reading.read([Original(checked.media_type, checked.data)])
    if isinstance(content, UnreadableError):
        raise content
    (outcome,) = _receive(runtime, domain, [checked])
    if isinstance(outcome, TandemError):
        raise outcome
    return outcome


def _let_go(runtime: Runtime, uploads: list[Upload], outcomes: Sequence[_Outcome]) -> list[Upload]:
    """Return the items with a warning in place of their bytes, which are stored, and empty the list that held them."""
    stored = {
        place: Original(outcome[0].media_type, uploads[place].data)
        for place, outcome in enumerate(outcomes)
        if isinstance(outcome, tuple)
    }
    doubts = dict(zip(stored, runtime.engine.reading.doubts(list(stored.values())), strict=True))
    kept = [
        dataclasses.replace(upload, data=b"", warning=_warning(upload, doubts[place]) if place in stored else None)
        for place, upload in enumerate(uploads)
    ]
    uploads.clear()
    return kept


def _warning(upload: Upload, doubt: str | None) -> str | None:
    return " ".join(filter(None, (_format(upload).note, doubt))) or None


def _without_rivals(uploads: Sequence[Upload]) -> list[Upload]:
    """Return the items, in order, with an error in each that would replace an earlier one of the same upload."""
    first: dict[str, tuple[int, Upload]] = {}
    kept: list[Upload] = []
    for number, upload in enumerate(uploads):
        before, rival = first.setdefault(upload.external_id, (number, upload)) if upload.error is None else (0, upload)
        if rival is upload or _same(rival, upload):
            kept.append(upload)
            continue
        message = (
            f"Item {number} of this upload has the external id of item {before}, {upload.external_id[:80]!r}, and "
            "another content: only the first was taken. Give each its own external id, or send them one after another."
        )
        refused = ConflictError(message, code="duplicate_external_id", param="external_id")
        kept.append(Upload(upload.filename, upload.external_id, error=refused))
    return kept


def _same(one: Upload, other: Upload) -> bool:
    return (one.data, one.title, one.metadata) == (other.data, other.title, other.metadata)


def _checked(runtime: Runtime, upload: Upload, replaces: str | None = None) -> NewUpload | TandemError:
    """Return the item as the store takes it, or why it cannot be taken."""
    if upload.error is not None:
        return upload.error
    try:
        check_external_id(upload.external_id)
        kind = _format(upload).format.media_type
    except TandemError as error:
        return error
    limit = runtime.settings.retriever.max_document_bytes
    if len(upload.data) > limit:
        message = f"The document has {len(upload.data)} bytes, allowed are {limit}."
        return UnreadableError(message, code="too_large")
    return NewUpload(upload.external_id, upload.data, upload.title, kind, upload.metadata, replaces)


def _format(upload: Upload) -> Choice:
    """Return the format of an upload, by its bytes; what was sent as text in JSON says what it is."""
    if upload.media_type is not None:
        return Choice(format_of_type(upload.media_type))
    return format_of_upload(upload.filename or upload.external_id, upload.data)


def _receive(runtime: Runtime, domain: Domain, checked: Sequence[NewUpload | TandemError]) -> list[_Outcome]:
    """Return for each item the stored document, or why it could not be taken."""
    good = [each for each in checked if isinstance(each, NewUpload)]
    stored = iter(receive_all(runtime.store, domain.id, good))
    return [next(stored) if isinstance(each, NewUpload) else each for each in checked]


def _finish(
    runtime: Runtime, domain: Domain, uploads: Sequence[Upload], outcomes: Sequence[_Outcome], wait: bool
) -> Taken:
    """Return what became of the items; with `wait` their documents are made searchable first."""
    doubts: dict[str, str] = {}
    if wait:
        received = [outcome[0] for outcome in outcomes if isinstance(outcome, tuple)]

        def doubt(document: Document, what: str) -> None:
            doubts[document.id] = what

        documents = runtime.engine.make_searchable(received, doubt, vectors_later=True)
        newest = {document.id: document for document in documents}
        outcomes = [(newest[o[0].id], o[1]) if isinstance(o, tuple) else o for o in outcomes]
    items = [_item(upload, outcome, doubts) for upload, outcome in zip(uploads, outcomes, strict=True)]
    for item in items:
        runtime.metrics.upload(item.result)
    documents = [item.document for item in items if item.document is not None]
    work = any(_waits(document) or document.unembedded for document in documents)
    job = runtime.queue(INGEST.name, domain.id, {}).id if work else None
    return Taken(items, job)


def _waits(document: Document) -> bool:
    return document.status in ("received", "parsed")


def _item(upload: Upload, outcome: _Outcome, doubts: Mapping[str, str]) -> Item:
    """Return what became of an item; what was in doubt when it was read is said, unless it is known already."""
    if isinstance(outcome, TandemError):
        reason = {"code": outcome.code, "message": outcome.message}
        return Item(upload.filename, upload.external_id, "failed", None, reason)
    document, result = outcome
    became = "failed" if document.status in ("failed", "quarantined") else result
    doubt = doubts.get(document.id, "")
    known = upload.warning or ""
    warning = known if doubt in known else f"{known} {doubt}".strip()
    return Item(upload.filename, upload.external_id, became, document, document.error, warning or None)
