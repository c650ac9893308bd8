"""Checkpoints of search indexes: which file or folder holds a domain's index up to which change."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from store import schema
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
    before = read_checkpoint(store, checkpoint.domain_id, checkpoint.kind, checkpoint.view)
    with store.database.write() as connection:
        connection.execute(table.delete().where(*key))
        connection.execute(table.insert().values(checkpoint.__dict__))
    if before is not None and before.name != checkpoint.name:
        _remove(before.path(store))


def collect_checkpoints(store: Store) -> list[str]:
    """Remove what no row names (left by a crash or a deleted domain) and return the names; for the folder's owner."""
    with store.database.write() as connection:
        named = set(connection.scalars(sa.select(schema.checkpoints.c.name)))
        litter = [path for path in store.folder.indexes.iterdir() if path.name not in named]
        for path in litter:
            _remove(path)
    return [path.name for path in litter]


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
