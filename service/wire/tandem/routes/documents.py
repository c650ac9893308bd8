"""Documents: upload, list, read, replace, delete."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import Field, TypeAdapter, ValidationError

from retriever.search.filters import Filter
from service.actions import documents, domains
from service.actions.documents import Taken, Upload, Wanted
from service.http.allowance import Allowance
from service.http.objects import Deleted, ObjectList
from service.http.paging import After, Limit, Order, Page, page
from service.http.validation import Body, Metadata
from service.wire.tandem.objects.documents import DocumentObject, DocumentStatus, UploadList, VersionObject
from service.wire.tandem.routes.dependencies import DomainDep, RuntimeDep, runtime_of
from service.wire.tandem.uploads import NewDocuments, only_one, read_uploads
from store.documents import get_document, get_version, list_versions, read_original
from store.domains import Domain
from store.editing import Edit
from store.errors import InvalidInputError
from store.refusals import refusal

router = APIRouter(tags=["documents"])
_FILTER: TypeAdapter[Filter] = TypeAdapter(Filter)
_BODY: dict[str, object] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": NewDocuments.model_json_schema()},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                        "external_id": {"type": "string"},
                        "metadata": {"type": "string", "description": "a JSON object"},
                    },
                }
            },
        },
    }
}
_ANSWERS: dict[int | str, dict[str, object]] = {200: {"model": UploadList}, 202: {"model": UploadList}}


class DocumentChange(Body):
    """What to change of a document without new bytes; `metadata` replaces all that there were."""

    external_id: str | None = Field(None, min_length=1, max_length=512)
    title: str | None = Field(None, max_length=1000)
    metadata: Metadata | None = None


@router.post("/v1/domains/{domain}/documents", openapi_extra=_BODY, responses=_ANSWERS)
async def upload(domain: DomainDep, request: Request, wait: bool = False) -> Response:
    """Store documents: new ones, new versions of known ones; equal bytes change nothing."""
    return await _take(request, domain, await read_uploads(request), wait)


@router.post("/documents", openapi_extra=_BODY, responses=_ANSWERS)
async def upload_to_default(request: Request, wait: bool = False) -> Response:
    """Store documents in the domain `default`, which is made anew if it was deleted."""
    uploads = await read_uploads(request)
    domain = await run_in_threadpool(domains.default, runtime_of(request))
    return await _take(request, domain, uploads, wait)


@router.get("/v1/domains/{domain}/documents")
def list_all(
    domain: DomainDep,
    runtime: RuntimeDep,
    limit: Limit = 10_000,
    after: After = None,
    order: Order = "desc",
    status: DocumentStatus | None = None,
    external_id: str | None = None,
    filter: Annotated[str | None, Query(description="a filter as JSON")] = None,  # noqa: A002  (the name on the wire)
) -> ObjectList[DocumentObject]:
    """Return documents in the order of their arrival, the newest first unless `order` is `asc`."""
    wanted = Wanted(limit, after, order, status, external_id, _parse_filter(filter))
    found, more = documents.find(runtime, domain, wanted)
    return ObjectList.of([DocumentObject.of(each, domain.name) for each in found], [each.id for each in found], more)


@router.get("/v1/domains/{domain}/documents/{document}")
def get(domain: DomainDep, document: str, runtime: RuntimeDep) -> DocumentObject:
    """Return a document by its id or external id."""
    return DocumentObject.of(get_document(runtime.store, domain.id, document), domain.name)


@router.put("/v1/domains/{domain}/documents/{document}", openapi_extra=_BODY, responses=_ANSWERS)
async def replace(domain: DomainDep, document: str, request: Request, wait: bool = False) -> Response:
    """Store a new version of a document, which keeps its external id; what cannot be read is refused."""
    known = await run_in_threadpool(get_document, runtime_of(request).store, domain.id, document)
    version = only_one(await read_uploads(request), known.external_id)
    async with _turn(request, [version], wait):
        taken = await run_in_threadpool(documents.replace, runtime_of(request), domain, known, [version], wait)
    return _answer(taken, domain)


@router.patch("/v1/domains/{domain}/documents/{document}")
def change(domain: DomainDep, document: str, body: DocumentChange, runtime: RuntimeDep) -> DocumentObject:
    """Change external id, title or metadata; the document keeps its id and its versions.

    External id and metadata hold at once. A title is part of what is searched: with another one the document is
    `received`, and a job makes it searchable again; until then it is found as before.
    """
    metadata = None if body.metadata is None else dict(body.metadata)
    wanted = Edit(_sayable(body.external_id, "external_id"), _sayable(body.title, "title"), metadata)
    return DocumentObject.of(documents.edit(runtime, domain, document, wanted), domain.name)


@router.delete("/v1/domains/{domain}/documents/{document}")
def delete(domain: DomainDep, document: str, runtime: RuntimeDep) -> Deleted:
    """Delete a document with all its versions; no query that begins after the answer sees it."""
    return Deleted(id=documents.delete(runtime, domain, document).id, object="document")


@router.get("/v1/domains/{domain}/documents/{document}/versions")
def versions(
    domain: DomainDep, document: str, runtime: RuntimeDep, page: Annotated[Page, Depends(page(10_000))]
) -> ObjectList[VersionObject]:
    """Return the versions of a document, the newest first; `after` is the number of one."""
    found = list_versions(runtime.store, domain.id, document)[::-1]
    objects, numbers = [VersionObject.of(each) for each in found], [str(each.version) for each in found]
    return page.of_known_by(objects, numbers, shown=False)  # they have numbers, and no ids


@router.get("/v1/domains/{domain}/documents/{document}/text", response_class=PlainTextResponse)
def text(domain: DomainDep, document: str, runtime: RuntimeDep, version: int | None = None) -> str:
    """Return the text of a version, which citations give offsets into."""
    return documents.read(runtime, domain, document, version)


@router.get("/v1/domains/{domain}/documents/{document}/original")
def original(domain: DomainDep, document: str, runtime: RuntimeDep, version: int | None = None) -> Response:
    """Return the bytes that were uploaded; a browser may only download them."""
    found = get_version(runtime.store, domain.id, document, version)
    headers = {"content-disposition": "attachment", "x-content-type-options": "nosniff"}
    return Response(read_original(runtime.store, found), media_type=found.media_type, headers=headers)


async def _take(request: Request, domain: Domain, uploads: list[Upload], wait: bool) -> Response:
    async with _turn(request, uploads, wait):
        taken = await run_in_threadpool(documents.take, runtime_of(request), domain, uploads, wait)
    return _answer(taken, domain)


def _answer(taken: Taken, domain: Domain) -> Response:
    return JSONResponse(UploadList.of(taken, domain.name).model_dump(), 202 if taken.waits else 200)


@asynccontextmanager
async def _turn(request: Request, uploads: list[Upload], wait: bool) -> AsyncIterator[None]:
    """Wait until what is ingested in this process at a time leaves room for these; what needs most is the largest."""
    if not wait:
        yield
        return
    allowance: Allowance = request.app.state.ingesting
    async with allowance.lend(max(len(upload.data) for upload in uploads)):
        yield


def _sayable(value: str | None, name: str) -> str | None:
    """Return the value, or raise `InvalidInputError` for what JSON can say and nobody can store."""
    try:
        found = (value or "").encode()
    except UnicodeEncodeError as error:
        message = f"{name} holds half of a surrogate pair, at character {error.start}: it is no text."
        raise InvalidInputError(message, code="invalid_text", param=name) from error
    if b"\x00" in found:
        raise InvalidInputError(f"{name} has a NUL character.", param=name)
    return value


def _parse_filter(given: str | None) -> Filter | None:
    if given is None:
        return None
    try:
        read = json.loads(given)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"filter is no JSON: {error}.", param="filter") from error
    try:
        return _FILTER.validate_python(read)
    except ValidationError as error:
        raise refusal(error, read, "filter") from error
