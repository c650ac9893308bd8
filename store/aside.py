"""Litter: files of Tandem that no row names, left by a crash or by another state of the database.

It is moved aside and kept for a time, because the database may be the one that is wrong: an older one that was put
back, for instance. What a row names again comes back. Only files that bear the names Tandem gives are touched; others
are somebody else's and stay where they are.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import sqlalchemy as sa

from store import schema
from store.database import batches
from store.folder import MANIFEST, remove
from store.identity import BLOB
from store.store import Store, get_property, set_property

GRACE_STARTS = 10
GRACE_S = 30 * 24 * 3600
_LOG = logging.getLogger("tandem")
_ARTIFACT = re.compile(r"mdl_[a-z0-9_]+")
_CHECKPOINT = re.compile(r"dom_[a-z0-9]{20}-\d+-[0-9a-f]{12}-[a-z0-9]{6}")


def tidy(store: Store) -> list[str]:
    """Bring back what rows name, move aside what none names, and remove what lay aside long enough.

    Returns the paths below the data folder that were moved or removed. For the owner of the folder, before its worker
    runs: then nobody else writes originals or artifacts.
    """
    with store.database.write() as connection:
        start = int(get_property(connection, "starts") or 0) + 1
        if any(store.folder.aside.iterdir()):
            set_property(connection, "starts", str(start))
        returned = list(_bring_back(store, connection))
        moved = list(_set_aside(store, connection, str(start)))
    removed = list(_remove_old(store, start))
    if returned:
        _LOG.warning("brought back from 'aside', since the database names them again: %d files", len(returned))
    if moved:
        _LOG.warning(
            "files that no row of the database names: %d were moved to %s, where they are kept for %d days",
            len(moved), store.folder.aside / str(start), GRACE_S // 86400,
        )  # fmt: skip
    return returned + moved + removed


def _bring_back(store: Store, connection: sa.Connection) -> Iterator[str]:
    for kind, pattern in (("blobs", "*/blobs/??/*"), ("artifacts", "*/artifacts/*")):
        lying = {path.name: path for path in sorted(store.folder.aside.glob(pattern))}
        for name in _named(connection, kind, list(lying)):
            place = store.folder.blob(name) if kind == "blobs" else store.folder.artifacts / name
            if not place.exists() and _moved(lying[name], place):
                yield f"{kind}/{name}"


def _set_aside(store: Store, connection: sa.Connection, batch: str) -> Iterator[str]:
    """Move what bears one of our names and is named by no row."""
    blobs = [path for folder in _real_folders(store.folder.root / "blobs") for path in folder.iterdir()]
    kinds: tuple[tuple[str, Iterable[Path], Callable[[Path], bool]], ...] = (
        ("blobs", blobs, _is_blob),
        ("artifacts", store.folder.artifacts.iterdir(), lambda path: bool(_ARTIFACT.fullmatch(path.name))),
        ("indexes", store.folder.indexes.iterdir(), lambda path: bool(_CHECKPOINT.fullmatch(path.name))),
    )
    for kind, paths, is_ours in kinds:
        ours = {path.name: path for path in paths if is_ours(path)}
        for name in sorted(ours.keys() - _named(connection, kind, list(ours))):
            path = ours[name]
            if kind == "indexes" and _is_checkpoint(path):  # only a cache of what the database has
                remove(path)
                yield f"{kind}/{name}"
                continue
            if _moved(path, store.folder.aside / batch / path.relative_to(store.folder.root)):
                yield f"{kind}/{name}"


def _remove_old(store: Store, start: int) -> Iterator[str]:
    """Remove what lay aside for so many starts and so long; a clock that was wrong for a while removes nothing."""
    for batch in store.folder.aside.iterdir():
        if not batch.name.isdecimal() or batch.is_symlink():
            continue
        if start - int(batch.name) >= GRACE_STARTS and time.time() - batch.stat().st_mtime >= GRACE_S:
            remove(batch)
            yield f"aside/{batch.name}"


def _named(connection: sa.Connection, kind: str, names: list[str]) -> set[str]:
    """Return those names that a row has."""
    column, prefix = {
        "blobs": (schema.versions.c.sha256, ""),
        "artifacts": (schema.models.c.path, "artifacts/"),
        "indexes": (schema.checkpoints.c.name, ""),
    }[kind]
    found: set[str] = set()
    for batch in batches(names):
        rows = connection.scalars(sa.select(column).where(column.in_([prefix + name for name in batch])))
        found |= {row.removeprefix(prefix) for row in rows}
    return found


def _moved(path: Path, target: Path) -> bool:
    """Rename a file or folder; where that cannot be done it stays, and the log says so."""
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.rename(target)
    except OSError as error:
        _LOG.warning("%s could not be moved to %s: %s", path, target, error.strerror)
        return False
    return True


def _real_folders(place: Path) -> list[Path]:
    """Return the folders in a place, without links: what those point to is not in the data folder."""
    return [path for path in place.iterdir() if path.is_dir() and not path.is_symlink()]


def _is_blob(path: Path) -> bool:
    ours = BLOB.fullmatch(path.name) is not None and path.parent.name == path.name[:2]
    return ours and path.is_file() and not path.is_symlink()


def _is_checkpoint(path: Path) -> bool:
    """Return whether a folder is a checkpoint of an index, as its manifest says."""
    if path.is_symlink():
        return False
    try:
        manifest = json.loads((path / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and manifest.keys() >= {"domain", "view", "seq"}
