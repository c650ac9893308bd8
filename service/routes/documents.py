"""Documents: upload, list, read, replace, delete."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import TypeAdapter

from retriever.filters import Filter, attributes
from service.intake import take, take_version
from service.objects.content import Deleted, DocumentObject, ObjectList, UploadList, VersionObject
from service.routes.dependencies import DomainDep, RuntimeDep, runtime_of
from service.uploads import NewDocuments, Upload, only_one, read_uploads
from store.documents import get_document, get_version, list_documents, list_versions, read_original
from store.domains import Domain, get_domain
from store.errors import ConflictError, InvalidInputError, NotReadyError

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
    uploads = await read_uploads(request)
    return await run_in_threadpool(_take, request, domain, uploads, wait)


@router.post("/documents", openapi_extra=_BODY, responses=_ANSWERS)
async def upload_to_default(request: Request, wait: bool = False) -> Response:
    """Store documents in the domain `default`."""
    uploads = await read_uploads(request)
    domain = await run_in_threadpool(get_domain, runtime_of(request).store, "default")
    return await run_in_threadpool(_take, request, domain, uploads, wait)


@router.get("/v1/domains/{domain}/documents")
def list_all(
    domain: DomainDep,
    runtime: RuntimeDep,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 10_000,
    after: str | None = None,
    order: Literal["asc", "desc"] = "desc",
    status: str | None = None,
    external_id: str | None = None,
    filter: Annotated[str | None, Query(description="a filter as JSON")] = None,  # noqa: A002  (the name on the wire)
) -> ObjectList:
    """Return documents in the order of their arrival."""
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
    answer, status = await run_in_threadpool(take_version, runtime_of(request), domain, known, version, wait)
    return JSONResponse(answer.model_dump(), status)


@router.delete("/v1/domains/{domain}/documents/{document}")
def delete(domain: DomainDep, document: str, runtime: RuntimeDep) -> Deleted:
    """Delete a document with all its versions; no query that begins after the answer sees it."""
    known = get_document(runtime.store, domain.id, document)
    runtime.engine.delete(domain.id, known.id)
    return Deleted(id=known.id, object="document")


@router.get("/v1/domains/{domain}/documents/{document}/versions")
def versions(domain: DomainDep, document: str, runtime: RuntimeDep) -> ObjectList:
    """Return the versions of a document, newest first."""
    found = list_versions(runtime.store, domain.id, document)
    return ObjectList.of([VersionObject.of(version) for version in found])


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


def _take(request: Request, domain: Domain, uploads: list[Upload], wait: bool) -> Response:
    answer, status = take(runtime_of(request), domain, uploads, wait)
    return JSONResponse(answer.model_dump(), status)


def _parse_filter(given: str | None) -> Filter | None:
    if given is None:
        return None
    try:
        return _FILTER.validate_python(json.loads(given))
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"The filter cannot be read: {error}.", param="filter") from error
