"""Passages written and removed with their texts, vectors and entries in the change log, inside of a transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from store import schema
from store.awaited import Change, await_vectors, log_changes, store_vectors
from store.database import batches
from store.ids import new_id, sha256
from store.passages import NewPassage


def add_passages(
    connection: sa.Connection,
    domain_id: str,
    passages: Sequence[tuple[str, int, NewPassage]],
    passage_set: str,
    vectors: Mapping[str, bytes],
    space_id: str,
    unknown: Mapping[str, float],
    *,
    vectors_later: bool = False,
) -> set[str]:
    """Insert passages, each given as (document id, version, passage), with their change rows.

    Returns the contents for which no vector is stored and none was given; the caller must then undo the transaction.
    With `vectors_later` these await their vectors instead, and none is returned.
    """
    missing: set[str] = set()
    for part in batches(passages):  # of a large document, the rows of all at once would take several times its text
        text_ids = _text_ids(connection, domain_id, [passage.content for _, _, passage in part])
        lacking = _add_vectors(connection, domain_id, text_ids, vectors, space_id, unknown)
        if vectors_later:
            await_vectors(connection, [text_ids[content] for content in lacking], space_id)
        else:
            missing |= lacking
        _insert(connection, domain_id, part, passage_set, text_ids)
    return missing


def _insert(
    connection: sa.Connection,
    domain_id: str,
    passages: Sequence[tuple[str, int, NewPassage]],
    passage_set: str,
    text_ids: Mapping[str, int],
) -> None:
    rows = [
        {
            "id": new_id("psg"),
            "domain_id": domain_id,
            "document_id": document_id,
            "version": version,
            "passage_set": passage_set,
            "start": passage.start,
            "end": passage.end,
            "page": passage.page,
            "heading": passage.heading,
            "text": passage.text,
            "layout": passage.layout,
            "text_id": text_ids[passage.content],
        }
        for document_id, version, passage in passages
    ]
    connection.execute(schema.passages.insert(), rows)
    added = [
        Change("add", str(row["id"]), passage_set, text_ids[passage.content])
        for row, (_, _, passage) in zip(rows, passages, strict=True)
    ]
    log_changes(connection, domain_id, added)


def passage_ids(connection: sa.Connection, document_ids: Sequence[str]) -> list[str]:
    """Return the ids of the documents' passages in the order of their insertion."""
    table = schema.passages.c
    rows = [
        row
        for batch in batches(document_ids)
        for row in connection.execute(sa.select(table.number, table.id).where(table.document_id.in_(batch)))
    ]
    return [row.id for row in sorted(rows)]


def superseded_passages(connection: sa.Connection, versions: Mapping[str, int], passage_set: str) -> list[str]:
    """Return the ids of the passages that these versions of documents replace in a set, in the order of insertion.

    They are those of this set, and of every set those of another version: their text is no longer what is searched.
    """
    table = schema.passages.c
    columns = (table.number, table.id, table.document_id, table.version, table.passage_set)
    rows = [
        row
        for batch in batches(list(versions))
        for row in connection.execute(sa.select(*columns).where(table.document_id.in_(batch)))
        if row.passage_set == passage_set or row.version != versions[row.document_id]
    ]
    return [row.id for row in sorted(rows)]


def remove_passages(connection: sa.Connection, domain_id: str, ids: Sequence[str]) -> None:
    """Remove passages with a change row each, and the texts and vectors that nobody owns any more."""
    passages, texts = schema.passages, schema.texts
    columns = (passages.c.id, passages.c.passage_set, passages.c.text_id)
    still_owned = sa.select(passages.c.id).where(passages.c.text_id == texts.c.id).exists()
    for batch in batches(ids):
        rows = connection.execute(sa.select(*columns).where(passages.c.id.in_(batch)).order_by(passages.c.number)).all()
        log_changes(connection, domain_id, (Change("remove", *row) for row in rows))
        connection.execute(passages.delete().where(passages.c.id.in_(batch)))
        orphans = texts.c.id.in_({row.text_id for row in rows})
        connection.execute(texts.delete().where(orphans, ~still_owned))


def _text_ids(connection: sa.Connection, domain_id: str, contents: Sequence[str]) -> dict[str, int]:
    """Return the id of each content's text, which is inserted if the domain does not have it."""
    table = schema.texts
    by_hash = {sha256(content): content for content in contents}
    found: dict[str, int] = {}
    for batch in batches(sorted(by_hash)):
        known = sa.select(table.c.sha256, table.c.id).where(table.c.domain_id == domain_id, table.c.sha256.in_(batch))
        found |= {row.sha256: row.id for row in connection.execute(known)}
    new = [
        {"domain_id": domain_id, "sha256": digest, "content": content}
        for digest, content in by_hash.items()
        if digest not in found
    ]
    if new:
        inserted = connection.execute(table.insert().returning(table.c.sha256, table.c.id), new)
        found |= {row.sha256: row.id for row in inserted}
    return {content: found[digest] for digest, content in by_hash.items()}


def _add_vectors(
    connection: sa.Connection,
    domain_id: str,
    text_ids: Mapping[str, int],
    vectors: Mapping[str, bytes],
    space_id: str,
    unknown: Mapping[str, float],
) -> set[str]:
    """Insert the vectors that are given and not stored; return the contents that have neither."""
    table = schema.vectors
    stored: set[int] = set()
    for batch in batches(sorted(text_ids.values())):
        known = sa.select(table.c.text_id).where(table.c.text_id.in_(batch), table.c.space_id == space_id)
        stored |= set(connection.scalars(known))
    lacking = {content: key for content, key in text_ids.items() if key not in stored}
    given = {key: vectors[content] for content, key in lacking.items() if content in vectors}
    shares = {key: unknown.get(content, 0.0) for content, key in lacking.items()}
    store_vectors(connection, domain_id, given, space_id, shares)
    return {content for content in lacking if content not in vectors}
