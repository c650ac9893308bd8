"""What an upload holds: files or JSON, one document or many, each checked on its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from starlette.datastructures import FormData, UploadFile

from retriever.documents.formats.table import MARKDOWN
from service.actions.documents import Upload
from service.http.failures import compressed, not_json
from service.http.validation import Body, Metadata
from store.errors import InvalidInputError, TandemError, UnprocessableError
from store.ids import sha256
from store.json_values import Json, JsonObject
from store.refusals import checked, refusal

_METADATA: TypeAdapter[Metadata] = TypeAdapter(Metadata, config=ConfigDict(strict=True))
_FIELDS = ("external_id", "metadata")


class NewDocument(Body):
    """A document sent as Markdown text.

    Without external id the hash of its text is it. A new version without title or metadata keeps those of the version
    before; a new document without title has its external id for one.
    """

    external_id: str | None = Field(None, min_length=1, max_length=512)
    title: str | None = Field(None, max_length=1000)
    text: str
    metadata: Metadata | None = None


class NewDocuments(Body):
    """The JSON body of an upload, as its callers see it; each document is checked on its own."""

    documents: list[NewDocument] = Field(min_length=1, max_length=10_000)


class _Items(Body):
    documents: list[object] = Field(min_length=1, max_length=10_000)


async def read_uploads(request: Request) -> list[Upload]:
    """Return the items of a multipart or JSON body; raise `InvalidInputError` for a body that is neither."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "multipart/form-data":
        refused = compressed(request)
        if refused is None:
            return await _read_files(request)
        raise refused
    refused = not_json(request)
    if refused is None:
        body = b"".join([part async for part in request.stream()])  # `request.body()` would keep it as long as itself
        return await run_in_threadpool(_read_json, body)
    if refused.status == InvalidInputError.status:
        message = 'Send files as multipart/form-data or {"documents": [{"text": ...}]} as application/json.'
        raise InvalidInputError(message, code=refused.code)
    raise refused


def only_one(uploads: Sequence[Upload], external_id: str) -> Upload:
    """Return the new version of the document that is called so; raise what is wrong with it."""
    if len(uploads) != 1:
        raise InvalidInputError(f"A new version is one file or one text, not {len(uploads)}.", param="files")
    new = uploads[0]
    if new.error is not None:
        raise new.error
    if new.named and new.external_id != external_id:
        raise InvalidInputError(
            f"The document is called {external_id!r}, the body says {new.external_id[:80]!r}: "
            "a new version keeps the external id. Leave it out, or upload under the other name with POST.",
            param="external_id",
        )
    return replace(new, external_id=external_id, named=True)


def _read_json(data: bytes) -> list[Upload]:
    try:
        given = json.loads(data, object_pairs_hook=_without_repetition)
    except (ValueError, RecursionError) as error:  # not JSON, or nested too deep
        raise InvalidInputError(f"The body is no JSON: {error}.", code="invalid_json") from error
    items = checked(_Items, given).documents
    return [_from_item(f"documents.{number}", item) for number, item in enumerate(items)]


def _without_repetition(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """Return the object; of two values for one key, Python would drop the first without a word."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"an object has the key {twice[:80]!r} twice")
    return found


def _from_item(place: str, item: object) -> Upload:
    try:
        document = checked(NewDocument, item, place)
        _check_characters(place, document)
        return _from_text(document)
    except TandemError as error:
        refused = error
    own = item.get("external_id") if isinstance(item, dict) else None
    name = own if isinstance(own, str) and 0 < len(own) <= 512 else place
    return Upload(None, name.encode("utf-8", "replace").decode(), error=refused)


def _check_characters(place: str, document: NewDocument) -> None:
    """Raise `TandemError` for what JSON can say and nobody can store, and for a text that is none."""
    for name in ("external_id", "title", "text"):
        value = getattr(document, name) or ""
        try:
            value.encode()
        except UnicodeEncodeError as error:
            message = f"{place}.{name} holds half of a surrogate pair, at character {error.start}: it is no text."
            raise InvalidInputError(message, code="invalid_text", param=f"{place}.{name}") from error
        if "\x00" in value and name != "text":
            raise InvalidInputError(f"{place}.{name} has a NUL character.", param=f"{place}.{name}")
    if not document.text.strip():
        message = f"{place}.text has no character but white space: there is nothing to search."
        raise UnprocessableError(message, code="empty_document", param=f"{place}.text")


def _from_text(document: NewDocument) -> Upload:
    data = document.text.encode()
    metadata = None if document.metadata is None else dict(document.metadata)
    key = document.external_id or sha256(data)
    return Upload(
        None, key, document.title, data, MARKDOWN.media_type, metadata, named=document.external_id is not None
    )


async def _read_files(request: Request) -> list[Upload]:
    async with request.form(max_files=10_000, max_fields=10) as form:
        files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
        external_id, metadata = _form_fields(form)
        if not files:
            raise InvalidInputError("The upload has no file: name the parts 'files'.", param="files")
        if len(files) > 1 and (external_id is not None or metadata is not None):
            raise InvalidInputError("external_id and metadata are for an upload of one file.", param="external_id")
        return [await _from_file(file, external_id, metadata) for file in files]


async def _from_file(file: UploadFile, external_id: str | None, metadata: JsonObject | None) -> Upload:
    name = file.filename or "unnamed"
    data = await file.read()
    return Upload(name, external_id or name, name, data, None, metadata, named=external_id is not None)


def _form_fields(form: FormData) -> tuple[str | None, JsonObject | None]:
    """Return external id and metadata of a form, None where it has none; raise `InvalidInputError` for other fields."""
    fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    names = [name for name, _ in fields]
    for name in names:
        if name not in _FIELDS:
            hint = " It came as text: a file needs a file name." if name == "files" else ""
            message = f"The form has no field {name[:80]!r}; beside the files it takes {', '.join(_FIELDS)}.{hint}"
            raise InvalidInputError(message, param=name[:80])
        if names.count(name) > 1:
            raise InvalidInputError(f"The form has the field {name} {names.count(name)} times.", param=name)
    given = dict(fields)
    return given.get("external_id") or None, _form_metadata(given["metadata"]) if "metadata" in given else None


def _form_metadata(text: str) -> JsonObject:
    try:
        given = json.loads(text, object_pairs_hook=_without_repetition)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"metadata is no JSON: {error}.", code="invalid_json", param="metadata") from error
    try:
        return dict(_METADATA.validate_python(given))
    except ValidationError as error:
        raise refusal(error, given, "metadata") from error
