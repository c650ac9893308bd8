"""Documents and their versions: make searchable, mark, delete, list.

A document goes through two transactions. `store.receiving` stores the original and a row, so nothing acknowledged is
lost. `make_all_searchable` stores text, passages, vectors and change rows and removes those of the version before, so a
reader sees the old version or the new one, never both or neither. `delete_document` is one transaction as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import sqlalchemy as sa

from store import schema
from store.database import batches
from store.document_rows import Cut, Document, Version, select_documents
from store.erasure import finish_deletion
from store.errors import NotFoundError
from store.evaluations import blank_records
from store.jobs import Lease, check_lease
from store.models import flag_learners
from store.passage_writing import add_passages, passage_ids, remove_passages, superseded_passages
from store.removals import blob_path, note_removals
from store.shrinking import shrink_document
from store.store import Store, now

__all__ = ["Cut", "Document", "Version"]  # defined elsewhere, and offered here to those who work with documents


def make_all_searchable(
    store: Store,
    cuts: Sequence[Cut],
    passage_set: str,
    vectors: Mapping[str, bytes],
    space_id: str,
    unknown: Mapping[str, float] | None = None,
    lease: Lease | None = None,
    *,
    vectors_later: bool = False,
) -> set[str]:
    """Replace what a passage set has of documents of one domain by the passages of their versions, in one transaction.

    Other passage sets of the same version stay, and so do vectors of other spaces; what is of an older version goes.

    `vectors` maps a passage's content to its vector as float16 bytes, `unknown` to the share of it that the encoder
    could not read (0 if not given). Contents that have neither a stored nor a given vector are returned, and then
    nothing was changed; with `vectors_later` they are searchable by their words and await their vectors (see
    `store.awaited`). A version that is no longer the newest is dropped silently. With a `lease`, `ConflictError` is
    raised if the job has lost it.
    """
    store.folder.space.require(_growth(cuts, vectors))
    with store.database.write() as connection:
        _check(connection, lease)
        savepoint = connection.begin_nested()
        before = _searchable_versions(connection, cuts)
        newest = list({cut.document.id: cut for cut in cuts if cut.document.id in before}.values())
        if not newest:
            return set()
        versions = {cut.document.id: cut.document.version for cut in newest}
        old = superseded_passages(connection, versions, passage_set)
        passages = [(cut.document.id, cut.document.version, passage) for cut in newest for passage in cut.passages]
        domain_id = newest[0].document.domain_id
        shares = unknown or {}
        missing = add_passages(
            connection, domain_id, passages, passage_set, vectors, space_id, shares, vectors_later=vectors_later
        )
        if missing:
            savepoint.rollback()
            return missing
        remove_passages(connection, domain_id, old)  # after the additions, so that an unchanged text keeps its vector
        _publish(connection, newest, before)
    return set()


def _check(connection: sa.Connection, lease: Lease | None) -> None:
    """Let a job write only as long as it holds its lease; who has no lease is no job."""
    if lease is not None:
        check_lease(connection, lease)


def _growth(cuts: Sequence[Cut], vectors: Mapping[str, bytes]) -> int:
    """Return about how many bytes the passages of these documents take: in the log, then once more in the database."""
    passages = [passage for cut in cuts for passage in cut.passages]
    texts = sum(len(each.text) + len(each.content) + len(each.layout or "") + 500 for each in passages)
    return 2 * (sum(len(cut.text) for cut in cuts) + texts + sum(map(len, vectors.values())))


def _searchable_versions(connection: sa.Connection, cuts: Sequence[Cut]) -> dict[str, int | None]:
    """Return, for each document whose newest version is that of its cut, the version that is searched until now.

    Title and media type must be those that the text was cut under as well: they are part of what is searched.
    """
    table, version = schema.documents.c, schema.versions.c
    versions = {cut.document.id: _cut_under(cut.document) for cut in cuts}
    found: dict[str, int | None] = {}
    for batch in batches(list(versions)):
        columns = (table.id, table.version, table.title, version.media_type, table.searchable_version)
        newest = sa.and_(version.document_id == table.id, version.version == table.version)
        statement = sa.select(*columns).join_from(schema.documents, schema.versions, newest)
        rows = connection.execute(statement.where(table.id.in_(batch)))
        found |= {
            row.id: row.searchable_version
            for row in rows
            if (row.version, row.title, row.media_type) == versions[row.id]
        }
    return found


def _cut_under(document: Document) -> tuple[int, str, str]:
    """Return what decides how a document is cut."""
    return document.version, document.title, document.media_type


def _publish(connection: sa.Connection, cuts: Sequence[Cut], before: Mapping[str, int | None]) -> None:
    """Store the texts, and that these versions are searched from now on, instead of those of `before`."""
    table = schema.documents
    _write_texts(connection, cuts)
    statement = (
        table.update()
        .where(table.c.id == sa.bindparam("document"))
        .values(
            status="searchable",
            searchable_version=sa.bindparam("now_searched"),
            error=None,
            deaths=0,
            server_deaths=0,
            updated_at=now(),
        )
    )
    rows = [{"document": cut.document.id, "now_searched": cut.document.version} for cut in cuts]
    connection.execute(statement, rows)
    for cut in cuts:
        if before[cut.document.id] not in (None, cut.document.version):
            flag_learners(connection, cut.document.id, "outdated", before=cut.document.version)


def mark_all_parsed(store: Store, cuts: Sequence[Cut], lease: Lease | None = None) -> None:
    """Store the texts of these versions; they can be read, but not searched yet. A lost `lease`: `ConflictError`."""
    if not cuts:
        return
    table = schema.documents
    newest = (table.c.id == sa.bindparam("document"), table.c.version == sa.bindparam("newest"))
    waiting = table.c.status == "received"
    statement = table.update().where(*newest, waiting).values(status="parsed", updated_at=now())
    with store.database.write() as connection:
        _check(connection, lease)
        connection.execute(statement, [{"document": cut.document.id, "newest": cut.document.version} for cut in cuts])
        _write_texts(connection, cuts)


def _write_texts(connection: sa.Connection, cuts: Sequence[Cut]) -> None:
    table = schema.versions
    mine = (table.c.document_id == sa.bindparam("document"), table.c.version == sa.bindparam("cut_version"))
    rows = [{"document": cut.document.id, "cut_version": cut.document.version, "cut_text": cut.text} for cut in cuts]
    connection.execute(table.update().where(*mine).values(text=sa.bindparam("cut_text")), rows)


def mark_failed(
    store: Store,
    document: Document,
    code: str,
    message: str,
    status: Literal["failed", "quarantined"] = "failed",
    lease: Lease | None = None,
) -> None:
    """Record that this version cannot be searched; a version before it stays searchable.

    With a `lease`, `ConflictError` is raised if the job has lost it.
    """
    table = schema.documents
    with store.database.write() as connection:
        _check(connection, lease)
        connection.execute(
            table.update()
            .where(table.c.id == document.id, table.c.version == document.version)
            .values(status=status, error={"code": code, "message": message}, updated_at=now())
        )


def delete_document(store: Store, domain_id: str, document_id: str) -> None:
    """Delete a document with all versions, passages and vectors, and its text in examples and reports; then originals.

    What learned from it is tainted.
    """
    documents, versions = schema.documents, schema.versions
    shrink_document(store, domain_id, get_document(store, domain_id, document_id).id)
    with store.database.write(frees=True) as connection:
        mine = (documents.c.id == document_id, documents.c.domain_id == domain_id)
        if connection.scalar(sa.select(documents.c.id).where(*mine)) is None:
            raise not_found(document_id)
        digests = set(connection.scalars(sa.select(versions.c.sha256).where(versions.c.document_id == document_id)))
        remove_passages(connection, domain_id, passage_ids(connection, [document_id]))
        flag_learners(connection, document_id, "tainted")
        blank_records(connection, document_id)
        connection.execute(documents.delete().where(*mine))
        note_removals(connection, map(blob_path, digests))
    finish_deletion(store)


def get_document(store: Store, domain_id: str, document_id: str) -> Document:
    """Return the document of that id, or of that external id; raise `NotFoundError` if the domain has neither."""
    table = schema.documents.c
    for document in select_documents(store, table.domain_id == domain_id, table.id == document_id):
        return document
    for document in select_documents(store, table.domain_id == domain_id, table.external_id == document_id):
        return document
    raise not_found(document_id)


def list_documents(
    store: Store,
    domain_id: str,
    *,
    limit: int | None = None,
    after: str | None = None,
    order: Literal["asc", "desc"] = "desc",
    status: str | None = None,
    external_id: str | None = None,
) -> list[Document]:
    """Return documents in the order of arrival, beginning after the document with the id `after`."""
    table = schema.documents.c
    conditions = [table.domain_id == domain_id]
    if status is not None:
        conditions.append(table.status == status)
    if external_id is not None:
        conditions.append(table.external_id == external_id)
    if after is not None:
        bound = sa.select(table.number).where(table.id == get_document(store, domain_id, after).id).scalar_subquery()
        conditions.append(table.number > bound if order == "asc" else table.number < bound)
    return select_documents(store, *conditions, limit=limit, order=order)


def existing_documents(store: Store, ids: Sequence[str]) -> list[Document]:
    """Return those documents with these ids that still exist, in the order of arrival."""
    wanted = schema.documents.c.id
    return [document for batch in batches(ids) for document in select_documents(store, wanted.in_(batch), order="asc")]


def list_versions(store: Store, domain_id: str, document_id: str) -> list[Version]:
    """Return the versions of a document, newest first."""
    document = get_document(store, domain_id, document_id)
    table = schema.versions
    columns = [table.c[name] for name in Version.__dataclass_fields__]
    statement = sa.select(*columns).where(table.c.document_id == document.id).order_by(table.c.version.desc())
    with store.database.read() as connection:
        return [Version(**row) for row in connection.execute(statement).mappings()]


def get_version(store: Store, domain_id: str, document_id: str, version: int | None = None) -> Version:
    """Return one version of a document, the newest if none is named."""
    for found in list_versions(store, domain_id, document_id):
        if version in (None, found.version):
            return found
    raise NotFoundError(f"The document {document_id} has no version {version}.", code="version_not_found")


def read_original(store: Store, version: Version | Document) -> bytes:
    """Return the bytes that were uploaded; `FileNotFoundError` if the document was deleted meanwhile."""
    return store.folder.blob(version.sha256).read_bytes()


def not_found(document_id: str) -> NotFoundError:
    """Return the error that says so."""
    return NotFoundError(f"There is no document {document_id[:80]!r} in this domain.", code="document_not_found")
