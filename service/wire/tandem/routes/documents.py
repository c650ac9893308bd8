"""Documents: upload, list, read, replace, delete."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import TypeAdapter, ValidationError

from retriever.search.filters import Filter, attributes
from service.http.allowance import Allowance
from service.http.paging import After, Limit, Order, Page, page
from service.http.uploads import NewDocuments, Upload, only_one, read_uploads
from service.intake import take, take_version
from service.wire.tandem.objects.content import (
    Deleted,
    DocumentObject,
    DocumentStatus,
    ObjectList,
    UploadList,
    VersionObject,
)
from service.wire.tandem.routes.dependencies import DomainDep, RuntimeDep, default_domain, runtime_of
from store.documents import get_document, get_version, list_documents, list_versions, read_original
from store.domains import Domain
from store.errors import ConflictError, InvalidInputError, NotReadyError
from store.refusals import refusal

router = APIRouter(tags=["documents"])
_FILTER: TypeAdapter[Filter] = TypeAdapter(Filter)
_BODY: dict[str, Any] = {
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
_ANSWERS: dict[int | str, dict[str, Any]] = {200: {"model": UploadList}, 202: {"model": UploadList}}


@router.post("/v1/domains/{domain}/documents", openapi_extra=_BODY, responses=_ANSWERS)
async def upload(domain: DomainDep, request: Request, wait: bool = False) -> Response:
    """Store documents: new ones, new versions of known ones; equal bytes change nothing."""
    return await _take(request, domain, await read_uploads(request), wait)


@router.post("/documents", openapi_extra=_BODY, responses=_ANSWERS)
async def upload_to_default(request: Request, wait: bool = False) -> Response:
    """Store documents in the domain `default`, which is made anew if it was deleted."""
    uploads = await read_uploads(request)
    domain = await run_in_threadpool(default_domain, runtime_of(request))
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
) -> ObjectList:
    """Return documents in the order of their arrival, the newest first unless `order` is `asc`."""
    passes = _parse_filter(filter)
    page = {"after": after, "order": order, "status": status, "external_id": external_id}
    found = list_documents(
        runtime.store,
        domain.id,
        limit=None if passes else limit + 1,
        **page,  # type: ignore[arg-type]
    )
    if passes is not None:
        found = [each for each in found if passes.matches(attributes(each.metadata, each))]
    objects = [DocumentObject.of(each, domain.name) for each in found[:limit]]
    return ObjectList.of(objects, has_more=len(found) > limit)


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
        answer, status = await run_in_threadpool(take_version, runtime_of(request), domain, known, [version], wait)
    return JSONResponse(answer.model_dump(), status)


@router.delete("/v1/domains/{domain}/documents/{document}")
def delete(domain: DomainDep, document: str, runtime: RuntimeDep) -> Deleted:
    """Delete a document with all its versions; no query that begins after the answer sees it."""
    known = get_document(runtime.store, domain.id, document)
    runtime.engine.delete(domain.id, known.id)
    return Deleted(id=known.id, object="document")


@router.get("/v1/domains/{domain}/documents/{document}/versions")
def versions(
    domain: DomainDep, document: str, runtime: RuntimeDep, page: Annotated[Page, Depends(page(10_000))]
) -> ObjectList:
    """Return the versions of a document, the newest first; `after` is the number of one."""
    found = list_versions(runtime.store, domain.id, document)[::-1]
    listed = page.of([VersionObject.of(version) for version in found], [str(version.version) for version in found])
    return listed.model_copy(update={"first_id": None, "last_id": None})  # they have numbers, and no ids


@router.get("/v1/domains/{domain}/documents/{document}/text", response_class=PlainTextResponse)
def text(domain: DomainDep, document: str, runtime: RuntimeDep, version: int | None = None) -> str:
    """Return the text of a version, which citations give offsets into."""
    found = get_version(runtime.store, domain.id, document, version)
    if found.text is None and get_document(runtime.store, domain.id, document).status == "failed":
        raise ConflictError(f"Version {found.version} could not be read; see the document's error.", code="not_parsed")
    if found.text is None:
        raise NotReadyError(f"Version {found.version} was not read yet; see the document's status.", code="not_parsed")
    return found.text


@router.get("/v1/domains/{domain}/documents/{document}/original")
def original(domain: DomainDep, document: str, runtime: RuntimeDep, version: int | None = None) -> Response:
    """Return the bytes that were uploaded; a browser may only download them."""
    found = get_version(runtime.store, domain.id, document, version)
    headers = {"content-disposition": "attachment", "x-content-type-options": "nosniff"}
    return Response(read_original(runtime.store, found), media_type=found.media_type, headers=headers)


async def _take(request: Request, domain: Domain, uploads: list[Upload], wait: bool) -> Response:
    async with _turn(request, uploads, wait):
        answer, status = await run_in_threadpool(take, runtime_of(request), domain, uploads, wait)
    return JSONResponse(answer.model_dump(), status)


@asynccontextmanager
async def _turn(request: Request, uploads: list[Upload], wait: bool) -> AsyncIterator[None]:
    """Wait until what is ingested in this process at a time leaves room for these; what needs most is the largest."""
    if not wait:
        yield
        return
    allowance: Allowance = request.app.state.ingesting
    async with allowance.lend(max(len(upload.data) for upload in uploads)):
        yield


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
