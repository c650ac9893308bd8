"""Files that a deletion names: noted in its transaction, removed after it, or else at the next start.

So the original of a deleted document is gone for good, and nothing is removed merely because no row names it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa

from store import schema
from store.database import batches
from store.errors import StorageFullError
from store.folder import remove
from store.store import Store

_LOG = logging.getLogger("tandem")
_OWNERS = {
    "blobs": schema.versions.c.sha256,
    "artifacts": sa.func.substr(schema.models.c.path, len("artifacts/") + 1),
    "indexes": schema.checkpoints.c.name,
}


def blob_path(digest: str) -> str:
    """Return how a removal names the original with this SHA-256."""
    return f"blobs/{digest}"


def note_removals(connection: sa.Connection, paths: Iterable[str]) -> None:
    """Note, in the transaction that deletes their rows, files to be removed once it is committed."""
    table = schema.removals
    for batch in batches(sorted(set(paths))):
        noted = set(connection.scalars(sa.select(table.c.path).where(table.c.path.in_(batch))))
        rows = [{"path": path} for path in batch if path not in noted]
        if rows:
            connection.execute(table.insert(), rows)


def carry_out_removals(store: Store) -> None:
    """Remove every file that is noted, unless a row names it again.

    Under the write lock, so that no upload comes between. What cannot be removed, or not be struck off the list on a
    full disk, stays noted and is tried again next time.
    """
    scratch: list[Path] = []
    try:
        with store.database.write(frees=True) as connection:
            done = []
            for path in connection.scalars(sa.select(schema.removals.c.path)).all():
                try:
                    scratch += _remove(store, connection, path)
                    done.append(path)
                except OSError as error:
                    _LOG.warning("%s of the data folder could not be removed: %s", path, error.strerror)
            for batch in batches(done):
                connection.execute(schema.removals.delete().where(schema.removals.c.path.in_(batch)))
    except StorageFullError:
        _LOG.warning("the disk is full: what was removed is still noted as to be removed")
    for path in scratch:
        remove(path)


def _remove(store: Store, connection: sa.Connection, path: str) -> list[Path]:
    """Remove a file; a folder is renamed, so that nobody finds half of it, and returned."""
    kind, _, name = path.partition("/")
    if kind not in _OWNERS or not name or "/" in name or name.startswith("."):
        return []
    if connection.scalar(sa.select(sa.func.count()).where(_OWNERS[kind] == name)):
        return []
    inner = f"{name[:2]}/{name}" if kind == "blobs" else name
    renamed = []
    for place in (store.folder.root / kind / inner, *store.folder.aside.glob(f"*/{kind}/{inner}")):
        if place.is_dir() and not place.is_symlink():
            renamed.append(place.rename(store.folder.temporary()))
        else:
            place.unlink(missing_ok=True)
    return renamed
