"""Receiving uploads: originals and rows, durable before this returns; many share one commit.

Per upload, the disk is waited for three times: file, folder, database. A group waits for its files at the same time,
which the file system serves with few writes of its journal, and for one commit: 4 ms an upload become 0.5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa

from store import schema
from store.database import batches
from store.document_rows import Document
from store.documents import existing_documents, get_document, not_found
from store.errors import InvalidInputError, NotFoundError
from store.ids import new_id
from store.jobs import require_domain
from store.store import Store, now

Result = Literal["created", "updated", "unchanged"]


@dataclass(frozen=True)
class NewUpload:
    """A file to receive. Metadata that is None leaves that of an earlier version as it is."""

    external_id: str
    data: bytes = field(repr=False)
    title: str
    media_type: str
    metadata: Mapping[str, Any] | None = None


def receive(
    store: Store,
    domain_id: str,
    external_id: str,
    data: bytes,
    *,
    title: str,
    media_type: str,
    metadata: Mapping[str, Any] | None = None,
) -> tuple[Document, Result]:
    """Store an upload durably and return its document, not yet searchable if the bytes are new.

    The same bytes under the same external id are `unchanged` (metadata and title are still updated).
    """
    upload = NewUpload(external_id, data, title, media_type, metadata)
    check_external_id(external_id)
    document_id, result = _receive_group(store, domain_id, [upload])[0]
    return get_document(store, domain_id, document_id), result


def receive_all(
    store: Store, domain_id: str, uploads: Sequence[NewUpload]
) -> list[tuple[Document, Result] | NotFoundError]:
    """Do what `receive` does for many, in groups that share a commit; return an outcome for each, in order.

    `NotFoundError` is the outcome of one that somebody deleted meanwhile. `InvalidInputError` is raised, before
    anything is stored, if an external id is not allowed.
    """
    for upload in uploads:
        check_external_id(upload.external_id)
    received = [each for group in batches(uploads) for each in _receive_group(store, domain_id, group)]
    documents = {document.id: document for document in existing_documents(store, [key for key, _ in received])}
    return [
        (documents[key], result) if key in documents else not_found(upload.external_id)
        for (key, result), upload in zip(received, uploads, strict=True)
    ]


def check_external_id(external_id: str) -> None:
    """Raise `InvalidInputError` unless this can name a document."""
    if not external_id or len(external_id) > 512 or "\x00" in external_id:
        raise InvalidInputError("An external id has 1 to 512 characters and no NUL.", param="external_id")


def _receive_group(store: Store, domain_id: str, uploads: Sequence[NewUpload]) -> list[tuple[str, Result]]:
    digests = store.folder.write_blobs([upload.data for upload in uploads])
    with store.database.write() as connection:
        require_domain(connection, domain_id)
        for digest, upload in zip(digests, uploads, strict=True):
            if not store.folder.blob(digest).exists():
                store.folder.write_blobs([upload.data])  # again: `collect_blobs` removed it a moment ago
        return [
            _write_rows(connection, domain_id, upload, digest) for upload, digest in zip(uploads, digests, strict=True)
        ]


def _write_rows(connection: sa.Connection, domain_id: str, upload: NewUpload, digest: str) -> tuple[str, Result]:
    documents, versions = schema.documents, schema.versions
    row = connection.execute(
        sa.select(documents.c.id, documents.c.version, versions.c.sha256, documents.c.status)
        .join(versions, sa.and_(versions.c.document_id == documents.c.id, versions.c.version == documents.c.version))
        .where(documents.c.domain_id == domain_id, documents.c.external_id == upload.external_id)
    ).first()
    result: Result = "created" if row is None else "unchanged" if row.sha256 == digest else "updated"
    document_id, version = (new_id("doc"), 1) if row is None else (row.id, row.version + (result == "updated"))
    values: dict[str, Any] = {"title": upload.title, "version": version, "updated_at": now()}
    if upload.metadata is not None or row is None:
        values["metadata"] = dict(upload.metadata or {})
    if result != "unchanged" or (row is not None and row.status in ("failed", "quarantined")):
        values |= {"status": "received", "error": None}
    if row is None:
        key = {"id": document_id, "domain_id": domain_id, "external_id": upload.external_id, "created_at": now()}
        connection.execute(documents.insert().values(**key, **values))
    else:
        connection.execute(documents.update().where(documents.c.id == document_id).values(values))
    if result != "unchanged":
        about = {"media_type": upload.media_type, "bytes": len(upload.data), "created_at": now()}
        row_of_version = {"document_id": document_id, "version": version, "sha256": digest, **about}
        connection.execute(versions.insert().values(row_of_version))
    return document_id, result
