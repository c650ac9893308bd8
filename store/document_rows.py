"""Documents and versions as values, and how they are read from their tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from store import schema
from store.awaited import passages_awaiting
from store.database import batches
from store.json_values import JsonObject
from store.passages import NewPassage
from store.store import Store


@dataclass(frozen=True)
class Document:
    """A document as its newest version describes it; `passages` counts what is searchable now.

    `unembedded` of these are found by their words only, until their vectors are computed.
    """

    id: str
    domain_id: str
    external_id: str
    title: str
    version: int
    status: str
    error: dict[str, str] | None
    media_type: str
    bytes: int
    sha256: str
    metadata: JsonObject
    passages: int
    created_at: int
    updated_at: int
    unembedded: int = 0


@dataclass(frozen=True)
class Cut:
    """A document, the text of its version, and the passages that this was cut into."""

    document: Document
    text: str
    passages: Sequence[NewPassage]


@dataclass(frozen=True)
class Version:
    """One version of a document; `text` is None until it was parsed."""

    version: int
    sha256: str
    media_type: str
    bytes: int
    text: str | None
    created_at: int


def select_documents(
    store: Store, *conditions: sa.ColumnElement[bool], limit: int | None = None, order: str = "desc"
) -> list[Document]:
    """Return the documents that meet the conditions, `asc` or `desc` in the order of arrival."""
    documents, versions, passages = schema.documents.c, schema.versions.c, schema.passages.c
    own = [name for name in Document.__dataclass_fields__ if name in documents]
    statement = (
        sa.select(
            *(documents[name] for name in own),
            versions.media_type,
            versions.bytes,
            versions.sha256,
            sa.select(sa.func.count()).where(passages.document_id == documents.id).scalar_subquery().label("passages"),
        )
        .join(schema.versions, sa.and_(versions.document_id == documents.id, versions.version == documents.version))
        .where(*conditions)
        .order_by(documents.number.asc() if order == "asc" else documents.number.desc())
        .limit(limit)
    )
    with store.database.read() as connection:
        rows = connection.execute(statement).mappings().all()
        unembedded = passages_awaiting(connection, [row["id"] for row in rows])
    return [Document(**row, unembedded=unembedded.get(row["id"], 0)) for row in rows]


def missing_documents(connection: sa.Connection, ids: Iterable[str]) -> set[str]:
    """Return which of these ids no document has."""
    wanted, column = sorted(set(ids)), schema.documents.c.id
    present: set[str] = set()
    for batch in batches(wanted):
        present |= set(connection.scalars(sa.select(column).where(column.in_(batch))))
    return {*wanted} - present
