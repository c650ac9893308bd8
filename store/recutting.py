"""Documents that are cut anew under other rules: passages of another set beside those that are searched, then instead.

Nothing of a document changes but its passages: its version, its text and its state stay as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from store import schema
from store.database import batches
from store.jobs import Lease, check_lease
from store.passage_writing import add_passages, remove_passages
from store.passages import NewPassage
from store.removals import carry_out_removals, note_removals
from store.store import Store


@dataclass(frozen=True)
class Outdated:
    """A document whose searched version has passages of an earlier set and none of the present one."""

    id: str
    version: int
    external_id: str
    title: str
    media_type: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Cutting:
    """What a passage says of its place in its document, see `NewPassage`."""

    start: int
    end: int
    page: int | None
    heading: str
    text: str
    layout: str | None


@dataclass(frozen=True)
class Recut:
    """New passages of a version of a document."""

    document_id: str
    version: int
    passages: Sequence[NewPassage]


def sets_in_use(store: Store, domain_id: str, passage_sets: Collection[str]) -> list[str]:
    """Return which of these passage sets have passages in a domain."""
    table = schema.passages.c
    found = []
    with store.database.read() as connection:
        for each in passage_sets:
            statement = sa.select(table.id).where(table.domain_id == domain_id, table.passage_set == each).limit(1)
            if connection.execute(statement).first() is not None:
                found.append(each)
    return found


def outdated_documents(
    store: Store, domain_id: str, earlier: Collection[str], passage_set: str, limit: int | None = None
) -> list[Outdated]:
    """Return the documents of a domain that have passages of these earlier sets and none of this one, oldest first."""
    documents, versions, passages = schema.documents.c, schema.versions.c, schema.passages.c

    def cut_in(sets: Collection[str]) -> sa.Exists:
        owned = sa.select(passages.id).where(passages.document_id == documents.id, passages.passage_set.in_(sets))
        return owned.where(passages.version == documents.searchable_version).exists()

    searched = sa.and_(versions.document_id == documents.id, versions.version == documents.searchable_version)
    statement = (
        sa.select(
            documents.id,
            versions.version,
            documents.external_id,
            documents.title,
            versions.media_type,
            versions.bytes,
            versions.sha256,
        )
        .join_from(schema.documents, schema.versions, searched)
        .where(documents.domain_id == domain_id, versions.text.is_not(None))
        .where(cut_in(earlier), ~cut_in([passage_set]))
        .order_by(documents.number)
        .limit(limit)
    )
    with store.database.read() as connection:
        return [Outdated(*row) for row in connection.execute(statement)]


def read_text(store: Store, document: Outdated) -> str | None:
    """Return the text of the version that is searched, None if it was deleted or replaced meanwhile."""
    table = schema.versions.c
    statement = sa.select(table.text).where(table.document_id == document.id, table.version == document.version)
    with store.database.read() as connection:
        return connection.scalar(statement)


def passages_of(store: Store, document: Outdated) -> list[Cutting]:
    """Return the passages of the version that is searched, of whichever set, in the order of the text."""
    table = schema.passages.c
    columns = [table[name] for name in Cutting.__dataclass_fields__]
    mine = (table.document_id == document.id, table.version == document.version)
    with store.database.read() as connection:
        rows = connection.execute(sa.select(*columns).where(*mine).order_by(table.start, table.number))
        return [Cutting(*row) for row in rows]


def add_recut(
    store: Store,
    domain_id: str,
    recuts: Sequence[Recut],
    passage_set: str,
    vectors: Mapping[str, bytes],
    space_id: str,
    unknown: Mapping[str, float],
    lease: Lease | None = None,
) -> set[str]:
    """Add the passages to the set, for those documents of which this version is searched and not cut in it yet.

    Contents that have neither a stored nor a given vector are returned, and then nothing was changed. With a `lease`,
    `ConflictError` is raised if the job has lost it.
    """
    texts = sum(len(passage.content) + len(passage.text) for each in recuts for passage in each.passages)
    store.folder.space.require(4 * texts + 2 * sum(map(len, vectors.values())))
    with store.database.write() as connection:
        if lease is not None:
            check_lease(connection, lease)
        savepoint = connection.begin_nested()
        wanted = _still_lacking(connection, recuts, passage_set)
        passages = [(each.document_id, each.version, passage) for each in wanted for passage in each.passages]
        missing = add_passages(connection, domain_id, passages, passage_set, vectors, space_id, unknown)
        if missing:
            savepoint.rollback()
    return missing


def add_recut_by_words(
    store: Store, domain_id: str, recut: Recut, passage_set: str, space_id: str, lease: Lease | None = None
) -> None:
    """Do what `add_recut` does with a document whose vectors, if they are not stored, are awaited."""
    store.folder.space.require(4 * sum(len(passage.content) + len(passage.text) for passage in recut.passages))
    with store.database.write() as connection:
        if lease is not None:
            check_lease(connection, lease)
        for each in _still_lacking(connection, [recut], passage_set):
            passages = [(each.document_id, each.version, passage) for passage in each.passages]
            add_passages(connection, domain_id, passages, passage_set, {}, space_id, {}, vectors_later=True)


def _still_lacking(connection: sa.Connection, recuts: Sequence[Recut], passage_set: str) -> list[Recut]:
    documents, passages = schema.documents.c, schema.passages.c
    ids = [each.document_id for each in recuts]
    searched: dict[str, int | None] = {}
    cut: set[str] = set()
    for batch in batches(ids):
        rows = connection.execute(sa.select(documents.id, documents.searchable_version).where(documents.id.in_(batch)))
        searched |= {row.id: row.searchable_version for row in rows}
        of_set = sa.select(passages.document_id).where(passages.document_id.in_(batch))
        cut |= set(connection.scalars(of_set.where(passages.passage_set == passage_set).distinct()))
    return [each for each in recuts if searched.get(each.document_id) == each.version and each.document_id not in cut]


def drop_sets(store: Store, domain_id: str, passage_sets: Collection[str], lease: Lease | None = None) -> int:
    """Remove the passages of these sets from a domain, and the checkpoints of their indexes; return how many went."""
    passages, checkpoints = schema.passages.c, schema.checkpoints
    with store.database.read() as connection:
        chosen = sa.select(passages.id).where(passages.domain_id == domain_id, passages.passage_set.in_(passage_sets))
        ids = list(connection.scalars(chosen.order_by(passages.number)))
    for batch in batches(ids):
        with store.database.write() as connection:
            if lease is not None:
                check_lease(connection, lease)
            remove_passages(connection, domain_id, batch)
    of_sets = sa.or_(*(checkpoints.c.view.startswith(each, autoescape=True) for each in passage_sets), sa.false())
    with store.database.write() as connection:
        mine = (checkpoints.c.domain_id == domain_id, of_sets)
        names = list(connection.scalars(sa.select(checkpoints.c.name).where(*mine)))
        connection.execute(checkpoints.delete().where(*mine))
        note_removals(connection, (f"indexes/{name}" for name in names))
    if names:
        carry_out_removals(store)
    return len(ids)
