"""Taking uploads: files or JSON, one document or many, each on its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.datastructures import UploadFile

from retriever.loading import UnreadableError, media_type
from service.failures import field_name
from service.objects.content import DocumentObject, UploadItem, UploadList
from service.routes.domains import Metadata
from service.runtime import Runtime
from store.documents import Document
from store.domains import Domain
from store.errors import InvalidInputError, TandemError, UnprocessableError
from store.ids import sha256
from store.jobs import create_job
from store.receiving import NewUpload, Result, check_external_id, receive_all

_METADATA = TypeAdapter(Metadata)


class NewDocument(BaseModel):
    """A document sent as Markdown text; without external id the hash of its text is it."""

    model_config = ConfigDict(extra="forbid")

    external_id: str | None = Field(None, min_length=1, max_length=512)
    title: str | None = Field(None, max_length=1000)
    text: str
    metadata: Metadata | None = None


class NewDocuments(BaseModel):
    """The JSON body of an upload, as its callers see it; each document is checked on its own."""

    model_config = ConfigDict(extra="forbid")

    documents: list[NewDocument] = Field(min_length=1, max_length=10_000)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    documents: list[Any] = Field(min_length=1, max_length=10_000)


@dataclass(frozen=True)
class Upload:
    """One item of an upload: `data` and all that is stored with it, or the `error` that keeps it out."""

    filename: str | None
    external_id: str
    title: str
    data: bytes
    media_type: str | None
    metadata: dict[str, Any] | None = None
    error: InvalidInputError | None = None


async def read_uploads(request: Request) -> list[Upload]:
    """Return the items of a multipart or JSON body."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _read_files(request)
    if kind == "application/json":
        return await run_in_threadpool(_read_json, await request.body())
    raise InvalidInputError(
        'Send files as multipart/form-data or {"documents": [{"text": ...}]} as application/json.',
        code="unsupported_media_type",
    )


def _read_json(data: bytes) -> list[Upload]:
    try:
        body = _Body.model_validate(json.loads(data))
    except (ValueError, RecursionError) as error:  # not JSON, nested too deep, or pydantic's ValidationError
        raise _invalid(error) from error
    return [_from_item(number, item) for number, item in enumerate(body.documents)]


def take(runtime: Runtime, domain: Domain, uploads: Sequence[Upload], wait: bool) -> tuple[UploadList, int]:
    """Store the items and return the answer with its status.

    With `wait` each is made searchable before this returns; otherwise a job does it. An item that fails does not keep
    the others out; if none was taken, `UnprocessableError` names the first reason.
    """
    received = _receive(runtime, domain, uploads)
    if all(isinstance(outcome, TandemError) for outcome in received):
        first = next(outcome for outcome in received if isinstance(outcome, TandemError))
        raise UnprocessableError(first.message, code=first.code, param="files")
    if wait:
        documents = runtime.engine.make_searchable([outcome[0] for outcome in received if isinstance(outcome, tuple)])
        newest = {document.id: document for document in documents}
        received = [(newest[o[0].id], o[1]) if isinstance(o, tuple) else o for o in received]
    items = [_item(upload, domain, outcome) for upload, outcome in zip(uploads, received, strict=True)]
    waiting = any(item.document and item.document.status in ("received", "parsed") for item in items)
    job = create_job(runtime.store, "ingest", domain.id, {}).id if waiting else None
    return UploadList(data=items, job=job), 202 if waiting else 200


def _receive(
    runtime: Runtime, domain: Domain, uploads: Sequence[Upload]
) -> list[tuple[Document, Result] | TandemError]:
    """Return for each item the stored document, or why it could not be taken."""
    checked = [_checked(upload, runtime.settings.retriever.max_document_bytes) for upload in uploads]
    good = [each for each in checked if isinstance(each, NewUpload)]
    stored = iter(receive_all(runtime.store, domain.id, good))
    return [next(stored) if isinstance(each, NewUpload) else each for each in checked]


def _checked(upload: Upload, limit: int) -> NewUpload | TandemError:
    """Return the item as the store takes it, or why it cannot be taken."""
    if upload.error is not None:
        return upload.error
    try:
        check_external_id(upload.external_id)
        kind = upload.media_type or media_type(upload.filename or upload.external_id)
    except TandemError as error:
        return error
    if len(upload.data) > limit:
        message = f"The document has {len(upload.data)} bytes, allowed are {limit}."
        return UnreadableError(message, code="too_large")
    return NewUpload(upload.external_id, upload.data, upload.title, kind, upload.metadata)


def _item(upload: Upload, domain: Domain, outcome: tuple[Document, Result] | TandemError) -> UploadItem:
    about = {"filename": upload.filename, "external_id": upload.external_id}
    if isinstance(outcome, TandemError):
        reason = {"code": outcome.code, "message": outcome.message}
        return UploadItem(**about, result="failed", document=None, error=reason)
    document, result = outcome
    shown = DocumentObject.of(document, domain.name)
    return UploadItem(
        **about, result="failed" if document.status == "failed" else result, document=shown, error=document.error
    )


async def _read_files(request: Request) -> list[Upload]:
    async with request.form(max_files=10_000, max_fields=10) as form:
        files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
        external_id, metadata = form.get("external_id"), form.get("metadata")
        if not files:
            raise InvalidInputError("The upload has no file: name the parts 'files'.", param="files")
        if len(files) > 1 and (external_id or metadata):
            raise InvalidInputError("external_id and metadata are for an upload of one file.", param="external_id")
        try:
            parsed = _METADATA.validate_json(metadata) if isinstance(metadata, str) else None
        except ValidationError as error:
            raise _invalid(error, "metadata") from error
        uploads = []
        for file in files:
            name = file.filename or "unnamed"
            key = external_id if isinstance(external_id, str) and external_id else name
            data = await file.read()
            uploads.append(Upload(name, key, name, data, None, None if parsed is None else dict(parsed)))
        return uploads


def _from_item(number: int, item: Any) -> Upload:
    try:
        return _from_text(NewDocument.model_validate(item))
    except ValidationError as error:
        reason = _invalid(error, f"documents.{number}")
        return Upload(None, f"documents.{number}", "", b"", None, error=reason)


def _from_text(document: NewDocument) -> Upload:
    data = document.text.encode("utf-8", errors="replace")
    key = document.external_id or sha256(data)
    metadata = None if document.metadata is None else dict(document.metadata)
    return Upload(None, key, document.title or key, data, "text/markdown", metadata)


def _invalid(error: Exception, where: str = "") -> InvalidInputError:
    param: str | None = where or None
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        param = ".".join(part for part in (where, field_name(first["loc"])) if part)
        return InvalidInputError(f"{param}: {first['msg']}.", param=param)
    return InvalidInputError(f"The body is no JSON: {error}.", code="invalid_json", param=param)
