"""Taking uploads: what is stored of each, what keeps one out, and what the answer says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from retriever.documents.loading import UnreadableError, doubt_about, load_text, media_type
from service.http.uploads import Upload
from service.jobs.ingest import INGEST
from service.runtime import Runtime
from service.wire.tandem.objects.content import DocumentObject, UploadItem, UploadList
from store.documents import Document
from store.domains import Domain
from store.errors import ConflictError, TandemError, UnprocessableError
from store.receiving import NewUpload, Result, check_external_id, receive_all

_Outcome = tuple[Document, Result] | TandemError


def take(runtime: Runtime, domain: Domain, uploads: list[Upload], wait: bool) -> tuple[UploadList, int]:
    """Store the items and return the answer with its status; `uploads` is emptied, so that its bytes can be freed.

    With `wait` each is made searchable before this returns; otherwise a job does it. An item that fails does not keep
    the others out; if none was taken, `UnprocessableError` names the first reason.
    """
    outcomes = _receive(runtime, domain, [_checked(runtime, upload) for upload in _without_rivals(uploads)])
    if all(isinstance(outcome, TandemError) for outcome in outcomes):
        first = next(outcome for outcome in outcomes if isinstance(outcome, TandemError))
        raise UnprocessableError(first.message, code=first.code, param=first.param or "files")
    return _finish(runtime, domain, _let_go(uploads), outcomes, wait)


def take_version(
    runtime: Runtime, domain: Domain, document: Document, uploads: list[Upload], wait: bool
) -> tuple[UploadList, int]:
    """Do what `take` does with one new version of this document; raise what is wrong with it, and then change nothing.

    A file that cannot be read is refused here, while `take` would keep it as a version that failed.
    """
    outcome = _receive_version(runtime, domain, document, uploads[0])
    return _finish(runtime, domain, _let_go(uploads), [outcome], wait)


def _receive_version(runtime: Runtime, domain: Domain, document: Document, upload: Upload) -> _Outcome:
    checked = _checked(runtime, upload, replaces=document.id)
    if isinstance(checked, TandemError):
        raise checked
    load_text(checked.data)
    (outcome,) = _receive(runtime, domain, [checked])
    if isinstance(outcome, TandemError):
        raise outcome
    return outcome


def _let_go(uploads: list[Upload]) -> list[Upload]:
    """Return the items with a warning in place of their bytes, which are stored, and empty the list that held them."""
    kept = [replace(upload, data=b"", warning=None if upload.error else doubt_about(upload.data)) for upload in uploads]
    uploads.clear()
    return kept


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
        kind = upload.media_type or media_type(upload.filename or upload.external_id)
    except TandemError as error:
        return error
    limit = runtime.settings.retriever.max_document_bytes
    if len(upload.data) > limit:
        message = f"The document has {len(upload.data)} bytes, allowed are {limit}."
        return UnreadableError(message, code="too_large")
    return NewUpload(upload.external_id, upload.data, upload.title, kind, upload.metadata, replaces)


def _receive(runtime: Runtime, domain: Domain, checked: Sequence[NewUpload | TandemError]) -> list[_Outcome]:
    """Return for each item the stored document, or why it could not be taken."""
    good = [each for each in checked if isinstance(each, NewUpload)]
    stored = iter(receive_all(runtime.store, domain.id, good))
    return [next(stored) if isinstance(each, NewUpload) else each for each in checked]


def _finish(
    runtime: Runtime, domain: Domain, uploads: Sequence[Upload], outcomes: Sequence[_Outcome], wait: bool
) -> tuple[UploadList, int]:
    """Return the answer about these outcomes; with `wait` their documents are made searchable first."""
    if wait:
        documents = runtime.engine.make_searchable([outcome[0] for outcome in outcomes if isinstance(outcome, tuple)])
        newest = {document.id: document for document in documents}
        outcomes = [(newest[o[0].id], o[1]) if isinstance(o, tuple) else o for o in outcomes]
    items = [_item(upload, domain, outcome) for upload, outcome in zip(uploads, outcomes, strict=True)]
    waiting = any(item.document and item.document.status in ("received", "parsed") for item in items)
    job = runtime.queue(INGEST.name, domain.id, {}).id if waiting else None
    return UploadList(data=items, job=job), 202 if waiting else 200


def _item(upload: Upload, domain: Domain, outcome: _Outcome) -> UploadItem:
    about = {"filename": upload.filename, "external_id": upload.external_id}
    if isinstance(outcome, TandemError):
        reason = {"code": outcome.code, "message": outcome.message}
        return UploadItem(**about, result="failed", document=None, error=reason)
    document, result = outcome
    shown = DocumentObject.of(document, domain.name)
    return UploadItem(
        **about,
        result="failed" if document.status == "failed" else result,
        document=shown,
        error=document.error,
        warning=upload.warning,
    )
