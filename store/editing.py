"""Editing documents without new bytes: another external id, title or metadata, of one document or of many.

A document keeps its id and its versions. External id and metadata hold at once; a title is part of what is searched, so
the document waits to be made searchable again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from store import schema
from store.document_rows import Document
from store.documents import get_document, not_found
from store.errors import ConflictError
from store.json_values import Json, JsonObject
from store.receiving import check_external_id
from store.store import Store, now

_SHOWN = 10  # values of a key that are named


@dataclass(frozen=True)
class Edit:
    """What to change of a document; None leaves it as it is. `metadata` replaces all that there were."""

    external_id: str | None = None
    title: str | None = None
    metadata: JsonObject | None = None


@dataclass(frozen=True)
class Described:
    """What a condition on documents may ask about one."""

    id: str
    external_id: str
    title: str
    created_at: int
    metadata: JsonObject


@dataclass
class MetadataKey:
    """A key of metadata: how many documents have it, with values of which kinds, and its most frequent values.

    A list counts as the kind `list`, and each of its values as one.
    """

    key: str
    documents: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    values: Counter[str] = field(default_factory=Counter)  # as JSON: 1, true and "1" are three values

    def frequent(self) -> list[tuple[Json, int]]:
        """Return the most frequent values with how many documents have each."""
        ordered = sorted(self.values.items(), key=lambda item: (-item[1], item[0]))
        return [(json.loads(value), count) for value, count in ordered[:_SHOWN]]


def edit_document(store: Store, domain_id: str, document_id: str, edit: Edit) -> Document:
    """Change a document, named by id or external id, and return it as it is then.

    Raises `ConflictError` if another document of the domain has the new external id.
    """
    if edit.external_id is not None:
        check_external_id(edit.external_id)
    known = get_document(store, domain_id, document_id)
    table = schema.documents
    with store.database.write() as connection:
        row = connection.execute(sa.select(table.c.title, table.c.external_id).where(table.c.id == known.id)).first()
        if row is None:
            raise not_found(document_id)
        changes: dict[str, object] = {}
        if edit.external_id not in (None, row.external_id):
            _require_free(connection, domain_id, edit.external_id or "")
            changes |= {"external_id": edit.external_id}
        if edit.title not in (None, row.title):
            changes |= {"title": edit.title, "status": "received", "error": None, "deaths": 0, "server_deaths": 0}
        if edit.metadata is not None:
            changes |= {"metadata": dict(edit.metadata)}
        if changes:
            connection.execute(table.update().where(table.c.id == known.id).values(**changes, updated_at=now()))
    return get_document(store, domain_id, known.id)


def edit_metadata(
    store: Store,
    domain_id: str,
    condition: Callable[[Described], bool],
    given: Mapping[str, Json],
    removed: Sequence[str],
    *,
    dry_run: bool = False,
) -> tuple[int, int]:
    """Set and remove keys of metadata in every document that meets the condition, in one transaction.

    Returns how many met it, and how many of these were not so already; with `dry_run` nothing is written.
    """
    table = schema.documents
    with store.database.write() as connection:
        met = [each for each in _described(connection, domain_id) if condition(each)]
        rows: list[dict[str, object]] = []
        for each in met:
            kept = {key: value for key, value in each.metadata.items() if key not in removed} | dict(given)
            if json.dumps(kept, sort_keys=True) != json.dumps(each.metadata, sort_keys=True):
                rows.append({"document": each.id, "edited": kept})
        if rows and not dry_run:
            statement = table.update().where(table.c.id == sa.bindparam("document"))
            edited = sa.bindparam("edited", type_=table.c.metadata.type)
            connection.execute(statement.values(metadata=edited, updated_at=now()), rows)
    return len(met), len(rows)


def metadata_keys(store: Store, domain_id: str) -> list[MetadataKey]:
    """Return the keys that documents of a domain have in their metadata, in alphabetical order."""
    found: dict[str, MetadataKey] = {}
    with store.database.read() as connection:
        for each in _described(connection, domain_id):
            for key, value in each.metadata.items():
                about = found.setdefault(key, MetadataKey(key))
                about.documents += 1
                about.kinds[_kind(value)] += 1
                values = value if isinstance(value, list) else [value]
                about.values.update({json.dumps(one, ensure_ascii=False) for one in values})
    return [found[key] for key in sorted(found)]


def _require_free(connection: sa.Connection, domain_id: str, external_id: str) -> None:
    table = schema.documents.c
    taken = sa.select(table.id).where(table.domain_id == domain_id, table.external_id == external_id)
    other = connection.scalar(taken)
    if other is not None:
        raise ConflictError(
            f"The document {other} of this domain has the external id {external_id[:80]!r} already. "
            "Give that one another name first, or delete it.",
            code="external_id_taken",
            param="external_id",
        )


def _described(connection: sa.Connection, domain_id: str) -> list[Described]:
    table = schema.documents.c
    columns = [table[name] for name in Described.__dataclass_fields__]
    statement = sa.select(*columns).where(table.domain_id == domain_id).order_by(table.number)
    return [Described(*row) for row in connection.execute(statement)]


def _kind(value: Json) -> str:
    if isinstance(value, bool) or value is None:
        return "boolean" if value is not None else "null"
    return "string" if isinstance(value, str) else "list" if isinstance(value, list) else "number"
