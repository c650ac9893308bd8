"""Receiving uploads: originals and rows, durable before this returns; many share one commit.

Per upload, the disk is waited for three times: file, folder, database. A group waits for its files at the same time,
which the file system serves with few writes of its journal, and for one commit: 4 ms an upload become 0.5.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import sqlalchemy as sa

from store import schema
from store.database import batches
from store.document_rows import Document
from store.documents import existing_documents, get_document, not_found
from store.errors import InvalidInputError, NotFoundError
from store.ids import new_id
from store.jobs import require_domain
from store.json_values import JsonObject
from store.store import Store, now

Result = Literal["created", "updated", "unchanged"]


@dataclass(frozen=True)
class NewUpload:
    """A file to receive.

    A title or metadata that is None leaves that of an earlier version as it is; a new document has its external id for
    title then, and no metadata. `replaces` is the id of the document that this must be a version of, if it must.
    """

    external_id: str
    data: bytes = field(repr=False)
    title: str | None
    media_type: str
    metadata: JsonObject | None = None
    replaces: str | None = None


def receive(
    store: Store,
    domain_id: str,
    external_id: str,
    data: bytes,
    *,
    title: str | None,
    media_type: str,
    metadata: JsonObject | None = None,
) -> tuple[Document, Result]:
    """Store an upload durably and return its document, not yet searchable if anything that is searched is new.

    New bytes under a known external id are a new version. The same bytes with another title, media type or metadata are
    `updated` without one: metadata hold at once; title and media type decide how a text is cut, so the document waits
    to be made searchable again. The same of everything is `unchanged`.
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
    if external_id in (".", ".."):
        # Clients resolve these in paths before they send them: deleting such a document would delete its domain.
        message = f"{external_id!r} cannot be an external id: in an address it stands for a folder."
        raise InvalidInputError(message, param="external_id")


@dataclass
class _Known:
    """What the database says of a document, changed by each upload of a group that names it."""

    id: str
    version: int
    sha256: str | None
    status: str
    title: str
    media_type: str
    metadata: JsonObject
    is_new: bool = False
    changes: dict[str, object] = field(default_factory=dict)
    retyped: dict[int, str] = field(default_factory=dict)  # versions whose bytes came again as another media type

    @classmethod
    def new(cls) -> _Known:
        """Return one that the database does not have yet."""
        return cls(new_id("doc"), 0, None, "", "", "", {}, is_new=True)


def _receive_group(store: Store, domain_id: str, uploads: Sequence[NewUpload]) -> list[tuple[str, Result]]:
    digests = store.folder.write_blobs([upload.data for upload in uploads])
    with store.database.write() as connection:
        require_domain(connection, domain_id)
        gone = [upload.data for upload, digest in zip(uploads, digests, strict=True) if not _exists(store, digest)]
        store.folder.write_blobs(gone)  # again: a deletion removed them a moment ago
        known = _known_documents(connection, domain_id, [upload.external_id for upload in uploads])
        outcomes: list[tuple[str, Result]] = []
        versions: list[dict[str, object]] = []
        for upload, digest in zip(uploads, digests, strict=True):
            if upload.replaces is not None and upload.replaces != getattr(known.get(upload.external_id), "id", None):
                outcomes.append((upload.replaces, "unchanged"))  # it is gone, and its id leads to nothing
                continue
            document = known.setdefault(upload.external_id, _Known.new())
            before = document.version
            outcomes.append((document.id, _apply(document, upload, digest)))
            if document.version > before:
                about = {"media_type": upload.media_type, "bytes": len(upload.data), "created_at": now()}
                key = {"document_id": document.id, "version": document.version, "sha256": digest}
                versions.append(key | about)
        _write(connection, domain_id, known, versions)
    return outcomes


def _exists(store: Store, digest: str) -> bool:
    return store.folder.blob(digest).exists()


def _known_documents(connection: sa.Connection, domain_id: str, external_ids: Sequence[str]) -> dict[str, _Known]:
    """Return the domain's documents with these external ids, by these."""
    documents, versions = schema.documents.c, schema.versions.c
    newest = sa.and_(versions.document_id == documents.id, versions.version == documents.version)
    names = ("external_id", "id", "version", "status", "title", "metadata")
    columns = (*(documents[name] for name in names), versions.sha256, versions.media_type)
    statement = sa.select(*columns).join_from(schema.documents, schema.versions, newest)
    rows = [
        row
        for batch in batches(external_ids)
        for row in connection.execute(
            statement.where(documents.domain_id == domain_id, documents.external_id.in_(batch))
        )
    ]
    return {
        row.external_id: _Known(row.id, row.version, row.sha256, row.status, row.title, row.media_type, row.metadata)
        for row in rows
    }


def _apply(document: _Known, upload: NewUpload, digest: str) -> Result:
    """Note in `document` what the upload changes."""
    first, other_bytes = document.version == 0, document.sha256 != digest
    title = (upload.external_id if first else document.title) if upload.title is None else upload.title
    metadata = document.metadata if upload.metadata is None else dict(upload.metadata)
    cut_anew = other_bytes or (title, upload.media_type) != (document.title, document.media_type)
    described: dict[str, object] = {"title": title} if title != document.title else {}
    if first or _canonical(metadata) != _canonical(document.metadata):
        described |= {"metadata": metadata}
    if not other_bytes and upload.media_type != document.media_type:
        document.retyped[document.version] = upload.media_type
    if cut_anew or document.status in ("failed", "quarantined"):
        described |= {"status": "received", "error": None, "deaths": 0, "server_deaths": 0}
        document.status = "received"
    if described or other_bytes:
        document.version += other_bytes
        document.changes |= {**described, "title": title, "version": document.version, "updated_at": now()}
    document.sha256, document.title, document.media_type, document.metadata = digest, title, upload.media_type, metadata
    return "created" if first else "updated" if cut_anew or "metadata" in described else "unchanged"


def _canonical(metadata: JsonObject) -> str:
    """Return the metadata as JSON with sorted keys: in Python, 1 equals true and 1.0."""
    return json.dumps(metadata, sort_keys=True)


def _write(
    connection: sa.Connection, domain_id: str, known: Mapping[str, _Known], versions: Sequence[Mapping[str, object]]
) -> None:
    table = schema.documents
    new = [
        {"id": document.id, "domain_id": domain_id, "external_id": key, "created_at": now(), **document.changes}
        for key, document in known.items()
        if document.is_new
    ]
    if new:
        connection.execute(table.insert(), new)
    for document in known.values():
        if not document.is_new and document.changes:
            connection.execute(table.update().where(table.c.id == document.id).values(document.changes))
    if versions:
        connection.execute(schema.versions.insert(), versions)
    for document in known.values():
        for version, media_type in document.retyped.items():
            mine = (schema.versions.c.document_id == document.id, schema.versions.c.version == version)
            connection.execute(schema.versions.update().where(*mine).values(media_type=media_type))
