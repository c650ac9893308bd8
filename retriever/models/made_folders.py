"""Folders of the cache that are made once: whole or not there, with a manifest of what is in them."""

from __future__ import annotations

import errno
import json
import os
import shutil
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from store.errors import DamagedError, InvalidInputError, StorageFullError
from store.folder import MANIFEST, file_sha256
from store.json_values import Json, JsonObject, json_object

_STAGING = 0o700
_READABLE = 0o644  # safetensors writes files that only their owner may read


def make_folder(target: Path, fill: Callable[[Path], None], about: Mapping[str, Json]) -> Path:
    """Return `target`, filled by `fill` in a place of its own and renamed when whole; one that is whole is kept.

    The manifest comes last: it holds `about` and the size and SHA-256 of every file. Raises `StorageFullError` if the
    disk is full; nothing is left behind then.
    """
    if is_whole(target):
        return target
    staging = target.parent / f".{target.name}-{uuid.uuid4().hex}"
    try:
        staging.mkdir(parents=True, mode=_STAGING)
        fill(staging)
        _finish(staging, about)
        _put(staging, target)
    except OSError as error:
        raise full_disk(error, target.parent) or error from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return target


def is_whole(folder: Path) -> bool:
    """Return whether every file of a made folder is there in its length; hashes are compared by `check_made`."""
    try:
        return _lengths_agree(folder)
    except (DamagedError, FileNotFoundError, NotADirectoryError):
        return False


def check_made(folder: Path, hashes: Mapping[str, str]) -> None:
    """Raise `DamagedError` unless the files of a made folder have the hashes of its manifest, if it has one."""
    if not (folder / MANIFEST).is_file():
        return
    listed = {name: entry.get("sha256") for name, entry in _listed(folder).items()}
    wrong = sorted(name for name, digest in listed.items() if hashes.get(name) != digest)
    if wrong:
        raise DamagedError(f"{folder} differs from its {MANIFEST} in {', '.join(wrong[:5])}")


def full_disk(error: OSError, place: Path) -> StorageFullError | None:
    """Return the error as one that says how much is free, if it says that there is no room."""
    if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return None
    return StorageFullError(f"There is no room in {place} ({error.strerror}): {_free(place)} are free.")


def require_room(place: Path, wanted: int) -> None:
    """Raise `StorageFullError` if fewer than `wanted` bytes are free where `place` is, or will be."""
    there = next(each for each in (place, *place.parents) if each.is_dir())
    if shutil.disk_usage(there).free < wanted:
        raise StorageFullError(f"{place} needs {wanted / 1e6:.0f} MB for a while; {_free(there)} are free.")


def _free(place: Path) -> str:
    return f"{shutil.disk_usage(place).free / 1e6:.0f} MB"


def _finish(staging: Path, about: Mapping[str, Json]) -> None:
    files: dict[str, Json] = {}
    for path in sorted(each for each in staging.rglob("*") if each.is_file()):
        path.chmod(_READABLE)
        files[str(path.relative_to(staging))] = {"bytes": path.stat().st_size, "sha256": file_sha256(path)}
        _synchronise(path)
    manifest = staging / MANIFEST
    manifest.write_text(json.dumps({**about, "files": files}, indent=1) + "\n", encoding="utf-8")
    _synchronise(manifest)
    staging.chmod(0o755)


def _put(staging: Path, target: Path) -> None:
    if target.exists() and not is_whole(target):  # half of it, or made by a version that wrote no manifest
        shutil.rmtree(target, ignore_errors=True)
    with suppress(FileExistsError):
        try:
            staging.rename(target)
        except OSError as error:
            if error.errno != errno.ENOTEMPTY:  # another process was first: the content is the same
                raise


def _synchronise(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _lengths_agree(folder: Path) -> bool:
    files = _listed(folder)
    return bool(files) and all((folder / name).stat().st_size == entry.get("bytes") for name, entry in files.items())


def _listed(folder: Path) -> dict[str, JsonObject]:
    try:
        manifest = json_object(json.loads((folder / MANIFEST).read_text(encoding="utf-8")), MANIFEST)
        files = json_object(manifest.get("files", {}), "files")
        return {name: json_object(entry, name) for name, entry in files.items()}
    except (ValueError, InvalidInputError) as error:
        raise DamagedError(f"{folder / MANIFEST} cannot be read: {error}") from error
