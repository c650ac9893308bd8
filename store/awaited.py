"""Vectors that are awaited: of a large document, which is found by its words before all of it is embedded.

Its passages are stored in one transaction, without the vectors that are not there yet; each text that lacks one is
noted here with the space that it is to get a vector in. Vectors follow in portions, whoever computes them. A vector
that arrives is an entry `vector` in the change log for every passage set that has the text, so that indexes read it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from store import schema
from store.database import batches
from store.ids import sha256
from store.jobs import Lease, check_lease
from store.store import Store
from store.vectors import check_vectors


class Change(NamedTuple):
    """An entry of the change log, without its place in it."""

    kind: str
    passage_id: str
    passage_set: str
    text_id: int


def log_changes(connection: sa.Connection, domain_id: str, changes: Iterable[Change]) -> None:
    """Append to the change log, in order."""
    rows = [{"domain_id": domain_id, **each._asdict()} for each in changes]
    if rows:
        connection.execute(schema.changes.insert(), rows)


def await_vectors(connection: sa.Connection, text_ids: Collection[int], space_id: str) -> None:
    """Note that these texts, which have no vector in the space, are to get one; those that are noted stay so."""
    table = schema.awaited_vectors
    noted: set[int] = set()
    for batch in batches(sorted(text_ids)):
        known = sa.select(table.c.text_id).where(table.c.text_id.in_(batch), table.c.space_id == space_id)
        noted |= set(connection.scalars(known))
    rows = [{"text_id": key, "space_id": space_id} for key in sorted({*text_ids} - noted)]
    if rows:
        connection.execute(table.insert(), rows)


def store_vectors(
    connection: sa.Connection,
    domain_id: str,
    vectors: Mapping[int, bytes],
    space_id: str,
    unknown: Mapping[int, float],
) -> None:
    """Insert vectors, by text id, none of which is stored; those that were awaited are so no more, and in the log."""
    check_vectors(vectors.values())
    rows = [
        {"text_id": key, "space_id": space_id, "data": data, "unknown_share": unknown.get(key, 0.0)}
        for key, data in vectors.items()
    ]
    if rows:
        connection.execute(schema.vectors.insert(), rows)
        _settle(connection, domain_id, sorted(vectors), space_id)


def awaited_contents(store: Store, domain_id: str, space_id: str, limit: int) -> list[str]:
    """Return the first contents of a domain that await a vector in the space, in the order in which they came."""
    texts, awaited = schema.texts.c, schema.awaited_vectors.c
    statement = (
        sa.select(texts.content)
        .join_from(schema.awaited_vectors, schema.texts, texts.id == awaited.text_id)
        .where(texts.domain_id == domain_id, awaited.space_id == space_id)
        .order_by(awaited.text_id)
        .limit(limit)
    )
    with store.database.read() as connection:
        return list(connection.scalars(statement))


def count_awaited(store: Store, domain_id: str, space_id: str) -> int:
    """Return how many texts of a domain await a vector in the space."""
    texts, awaited = schema.texts.c, schema.awaited_vectors.c
    statement = (
        sa.select(sa.func.count())
        .join_from(schema.awaited_vectors, schema.texts, texts.id == awaited.text_id)
        .where(texts.domain_id == domain_id, awaited.space_id == space_id)
    )
    with store.database.read() as connection:
        return connection.scalar(statement) or 0


def awaiting_texts(store: Store, text_ids: Iterable[int], space_id: str) -> set[int]:
    """Return which of these texts await a vector in the space."""
    table = schema.awaited_vectors.c
    found: set[int] = set()
    with store.database.read() as connection:
        for batch in batches(sorted(text_ids)):
            statement = sa.select(table.text_id).where(table.text_id.in_(batch), table.space_id == space_id)
            found |= set(connection.scalars(statement))
    return found


def add_awaited(
    store: Store,
    domain_id: str,
    vectors: Mapping[str, bytes],
    space_id: str,
    unknown: Mapping[str, float],
    lease: Lease | None = None,
) -> int:
    """Store those of these vectors, given by content, that are still awaited; return how many.

    What was deleted meanwhile, or embedded for another document, awaits none. With a `lease`, `ConflictError` is raised
    if the job has lost it.
    """
    texts, awaited = schema.texts.c, schema.awaited_vectors.c
    by_hash = {sha256(content): content for content in vectors}
    store.folder.space.require(4 * sum(map(len, vectors.values())))
    found: dict[int, str] = {}
    with store.database.write() as connection:
        if lease is not None:
            check_lease(connection, lease)
        for batch in batches(sorted(by_hash)):
            statement = (
                sa.select(texts.id, texts.sha256)
                .join_from(schema.texts, schema.awaited_vectors, awaited.text_id == texts.id)
                .where(texts.domain_id == domain_id, texts.sha256.in_(batch), awaited.space_id == space_id)
            )
            found |= {row.id: by_hash[row.sha256] for row in connection.execute(statement)}
        given = {key: vectors[found[key]] for key in sorted(found)}
        shares = {key: unknown.get(content, 0.0) for key, content in found.items()}
        store_vectors(connection, domain_id, given, space_id, shares)
    return len(found)


def passages_awaiting(connection: sa.Connection, document_ids: Collection[str]) -> dict[str, int]:
    """Return how many passages of these documents have a text that awaits a vector; those without any are left out."""
    passages, awaited = schema.passages.c, schema.awaited_vectors.c
    if connection.execute(sa.select(awaited.text_id).limit(1)).first() is None:
        return {}
    awaiting = sa.select(awaited.text_id).where(awaited.text_id == passages.text_id).exists()
    found: dict[str, int] = {}
    for batch in batches(sorted(document_ids)):
        statement = sa.select(passages.document_id, sa.func.count()).where(passages.document_id.in_(batch), awaiting)
        found |= {row[0]: row[1] for row in connection.execute(statement.group_by(passages.document_id))}
    return found


def _settle(connection: sa.Connection, domain_id: str, text_ids: Sequence[int], space_id: str) -> None:
    """Note that these texts await no vector in the space any more; where one did, the log says so."""
    table, passages = schema.awaited_vectors, schema.passages.c
    for batch in batches(text_ids):
        mine = (table.c.text_id.in_(batch), table.c.space_id == space_id)
        settled = list(connection.scalars(sa.select(table.c.text_id).where(*mine)))
        if not settled:
            continue
        connection.execute(table.delete().where(*mine))
        owners = (
            sa.select(passages.id, passages.passage_set, passages.text_id, sa.func.min(passages.number))
            .where(passages.text_id.in_(settled))
            .group_by(passages.text_id, passages.passage_set)
            .order_by(passages.text_id, passages.passage_set)
        )
        found = connection.execute(owners).all()
        log_changes(connection, domain_id, (Change("vector", row.id, row.passage_set, row.text_id) for row in found))
