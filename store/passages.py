"""Passages, their texts and vectors, and the change log that the search indexes follow."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from store import schema
from store.database import Prepared, batches
from store.ids import sha256
from store.json_sql import json_items
from store.layout import Layout, read_layout
from store.store import Store


@dataclass(frozen=True, slots=True)
class NewPassage:
    """A passage to be stored: `[start, end)` in characters of the version's text; `heading` is the heading path.

    `shown` is its content where that is not the heading path and the text, `layout` is as `layout_as_text` gives it:
    a large document has too many passages to keep more of each.
    """

    start: int
    end: int
    heading: str
    text: str
    page: int | None = None
    shown: str | None = None
    layout: str | None = None

    @property
    def content(self) -> str:
        """What is embedded, indexed and read."""
        if self.shown is not None:
            return self.shown
        return f"{self.heading}\n{self.text}" if self.heading else self.text


@dataclass(frozen=True)
class Passage:
    """A live passage with what a search hit shows of its document, and its content, which is what is read of it."""

    id: str
    document_id: str
    external_id: str
    title: str
    version: int
    start: int
    end: int
    page: int | None
    heading: str
    text: str
    text_id: int
    content: str
    stored_layout: str | None = None

    @property
    def body(self) -> str:
        """The content without the heading path: what a reader is shown below it."""
        return self.content[len(self.heading) + 1 :] if self.heading else self.content

    @cached_property
    def layout(self) -> Layout | None:
        """How the passage is laid out; None if it was cut before passages had layouts. Read at the first need."""
        return None if self.stored_layout is None else read_layout(self.stored_layout, self.start, self.text)


def _column(name: str) -> sa.Column[Any]:
    if name == "stored_layout":
        return schema.passages.c.layout
    tables = {"external_id": schema.documents, "title": schema.documents, "content": schema.texts}
    return tables.get(name, schema.passages).c[name]


_OWNERS = Prepared(
    sa.select(*map(_column, Passage.__dataclass_fields__))
    .join_from(schema.passages, schema.documents, schema.documents.c.id == schema.passages.c.document_id)
    .join(schema.texts, schema.texts.c.id == schema.passages.c.text_id)
    .where(schema.passages.c.domain_id == sa.bindparam("domain"))
    .where(schema.passages.c.passage_set == sa.bindparam("passage_set"))
    .where(schema.passages.c.text_id.in_(sa.select(json_items("texts"))))
    .order_by(schema.passages.c.number)
)


@dataclass(frozen=True)
class Changes:
    """What happened in a domain since some sequence number: the texts whose ownership changed, up to `seq`."""

    seq: int
    live: frozenset[int]
    gone: frozenset[int]


def last_seq(store: Store, domain_id: str) -> int:
    """Return the sequence number of the domain's newest change, 0 if there is none."""
    with store.database.read() as connection:
        return _last_seq(connection, domain_id)


def changes_since(store: Store, domain_id: str, passage_set: str, seq: int) -> Changes:
    """Return, as of one snapshot, which texts touched after `seq` some passage of the set still owns."""
    changes, passages = schema.changes.c, schema.passages.c
    touched = (
        sa.select(changes.text_id)
        .where(changes.domain_id == domain_id, changes.seq > seq, changes.passage_set == passage_set)
        .distinct()
    )
    with store.database.read() as connection:
        newest = _last_seq(connection, domain_id)
        all_ids = set(connection.scalars(touched))
        owned = sa.select(passages.text_id).where(passages.text_id.in_(touched), passages.passage_set == passage_set)
        live = set(connection.scalars(owned.distinct()))
    return Changes(newest, frozenset(live), frozenset(all_ids - live))


def live_texts(store: Store, domain_id: str, passage_set: str, space_id: str | None = None) -> Changes:
    """Return every text that a passage of the set owns, and the sequence number this is true at.

    With a space only those texts that have a vector in it.
    """
    passages, vectors = schema.passages.c, schema.vectors.c
    owned = sa.select(passages.text_id).where(passages.domain_id == domain_id, passages.passage_set == passage_set)
    if space_id is not None:
        owned = owned.join_from(schema.passages, schema.vectors, vectors.text_id == passages.text_id)
        owned = owned.where(vectors.space_id == space_id)
    with store.database.read() as connection:
        return Changes(_last_seq(connection, domain_id), frozenset(connection.scalars(owned.distinct())), frozenset())


def read_contents(store: Store, text_ids: Iterable[int]) -> list[tuple[int, str]]:
    """Return (text id, content) of those texts that still exist, ordered by id."""
    found: list[tuple[int, str]] = []
    with store.database.read() as connection:
        for batch in batches(sorted(text_ids)):
            statement = sa.select(schema.texts.c.id, schema.texts.c.content).where(schema.texts.c.id.in_(batch))
            found += [(row[0], row[1]) for row in connection.execute(statement.order_by(schema.texts.c.id))]
    return found


def read_vectors(store: Store, text_ids: Iterable[int], space_id: str) -> list[tuple[int, bytes]]:
    """Return (text id, float16 bytes) of those texts that have a vector in the space, ordered by id."""
    table = schema.vectors.c
    found: list[tuple[int, bytes]] = []
    with store.database.read() as connection:
        for batch in batches(sorted(text_ids)):
            statement = sa.select(table.text_id, table.data).where(table.text_id.in_(batch), table.space_id == space_id)
            found += [(row[0], row[1]) for row in connection.execute(statement.order_by(table.text_id))]
    return found


def read_passages(store: Store, domain_id: str, text_ids: Iterable[int], passage_set: str) -> list[Passage]:
    """Return the live passages that own these texts, oldest document first; equal texts have several owners."""
    texts = json.dumps(sorted(text_ids))
    rows = store.database.fetch(_OWNERS, domain=domain_id, passage_set=passage_set, texts=texts)
    return [Passage(*row) for row in rows]


def measured_texts(store: Store, domain_id: str, space_id: str) -> tuple[int, float]:
    """Return how many texts of the domain have a vector in the space, and the mean share of them that is unknown."""
    texts, vectors = schema.texts.c, schema.vectors.c
    statement = (
        sa.select(sa.func.count(), sa.func.avg(vectors.unknown_share))
        .join_from(schema.vectors, schema.texts, vectors.text_id == texts.id)
        .where(texts.domain_id == domain_id, vectors.space_id == space_id)
    )
    with store.database.read() as connection:
        count, mean = connection.execute(statement).one()
    return int(count), float(mean or 0.0)


def vectors_present(store: Store, domain_id: str, contents: Iterable[str], space_id: str) -> set[str]:
    """Return those contents that have a vector in the space already."""
    by_hash = {sha256(content): content for content in contents}
    texts, vectors = schema.texts.c, schema.vectors.c
    present: set[str] = set()
    with store.database.read() as connection:
        for batch in batches(sorted(by_hash)):
            statement = (
                sa.select(texts.sha256)
                .join(schema.vectors, vectors.text_id == texts.id)
                .where(texts.domain_id == domain_id, texts.sha256.in_(batch), vectors.space_id == space_id)
            )
            present |= {by_hash[digest] for digest in connection.scalars(statement)}
    return present


def _last_seq(connection: sa.Connection, domain_id: str) -> int:
    statement = sa.select(sa.func.max(schema.changes.c.seq)).where(schema.changes.c.domain_id == domain_id)
    return connection.scalar(statement) or 0
