"""Hashes of large files outside of the data folder, remembered as long as a look at a file finds it unchanged."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path

from store.folder import file_sha256
from store.store import Store, get_property, set_property

_SETTLED_NS = 2_000_000_000  # a file changed later than so long ago could change again within one tick of its clock


def remembered_hashes(store: Store, folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below `folder`, by its path inside; only those that changed are read."""
    paths = sorted(each for each in folder.rglob("*") if each.is_file())
    return _hashes(store, folder, {str(path.relative_to(folder)): path for path in paths})


def remembered_hash(store: Store, file: Path) -> str:
    """Return the SHA-256 of one file, which is read only if it changed."""
    return _hashes(store, file, {file.name: file})[file.name]


def _hashes(store: Store, place: Path, paths: Mapping[str, Path]) -> dict[str, str]:
    key = f"hashes:{place.resolve()}"
    with store.database.read() as connection:
        remembered = json.loads(get_property(connection, key) or "{}")
    looks, found = {}, {}
    for name, path in paths.items():
        look = _look(path)
        before = remembered.get(name, {})
        found[name] = before["sha256"] if before.get("look") == look else file_sha256(path)
        if time.time_ns() - look[3] > _SETTLED_NS:
            looks[name] = {"look": look, "sha256": found[name]}
    if looks != remembered:
        with store.database.write() as connection:
            set_property(connection, key, json.dumps(looks))
    return found


def _look(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_size, found.st_ino, found.st_mtime_ns, found.st_ctime_ns]
