"""How much a store holds, counted over all domains: documents by status, jobs by kind and status."""

from __future__ import annotations

import sqlalchemy as sa

from store import schema
from store.store import Store


def documents_by_status(store: Store) -> dict[str, int]:
    """Return how many documents have each status."""
    column = schema.documents.c.status
    with store.database.read() as connection:
        rows = connection.execute(sa.select(column, sa.func.count()).group_by(column))
        return {row[0]: row[1] for row in rows}


def jobs_by_kind(store: Store) -> dict[tuple[str, str], int]:
    """Return how many jobs have each kind and status."""
    kind, status = schema.jobs.c.kind, schema.jobs.c.status
    with store.database.read() as connection:
        rows = connection.execute(sa.select(kind, status, sa.func.count()).group_by(kind, status))
        return {(row[0], row[1]): row[2] for row in rows}
