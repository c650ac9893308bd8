"""Checkpoints of search indexes: which file or folder holds a domain's index up to which change."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import sqlalchemy as sa

from store import schema
from store.removals import carry_out_removals, note_removals
from store.store import Store


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint: `view` names what is indexed (passage set, and space for vectors), `seq` how far it came."""

    domain_id: str
    kind: str
    view: str
    seq: int
    name: str
    sha256: str

    def path(self, store: Store) -> Path:
        """Return where it lies."""
        return store.folder.indexes / self.name


def read_checkpoint(store: Store, domain_id: str, kind: str, view: str) -> Checkpoint | None:
    """Return the newest checkpoint of an index, or None."""
    table = schema.checkpoints.c
    statement = sa.select(schema.checkpoints).where(
        table.domain_id == domain_id, table.kind == kind, table.view == view
    )
    with store.database.read() as connection:
        row = connection.execute(statement).mappings().first()
    return Checkpoint(**row) if row else None


def record_checkpoint(store: Store, checkpoint: Checkpoint) -> None:
    """Name a checkpoint that is durable on disk as the newest one, then remove the one before it."""
    table = schema.checkpoints
    key = (
        table.c.domain_id == checkpoint.domain_id,
        table.c.kind == checkpoint.kind,
        table.c.view == checkpoint.view,
    )
    with store.database.write() as connection:
        before = set(connection.scalars(sa.select(table.c.name).where(*key))) - {checkpoint.name}
        connection.execute(table.delete().where(*key))
        connection.execute(table.insert().values(asdict(checkpoint)))
        note_removals(connection, (f"indexes/{name}" for name in before))
    if before:
        carry_out_removals(store)
