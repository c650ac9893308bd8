"""Backups of a data folder: made while others write, each a state that existed, restored only if every byte is right.

A backup is a list of files in pieces. It begins with a copy of the database at one moment, and holds the originals and
models that this names. What a deletion removes between the two is looked for in a newer copy of the database. Search
indexes are not in it: the first start after a restore builds them from the vectors in the database.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, cast

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from store import schema
from store.errors import ConflictError, DamagedError, FolderError, NotFoundError
from store.folder import MANIFEST, make_private, remove, sync_folder
from store.frozen import FrozenSQLite, open_frozen
from store.identity import DATABASE, INGESTED, MARKER, SYNCED, read_marker
from store.ids import new_id, sha256
from store.pieces import Pieces, StoredFile, synchronise
from store.space import named_file_failures
from store.sqlite import sqlite_driver
from store.store import Store, now

if TYPE_CHECKING:
    from sqlite3 import Connection

FORMAT = 1
_PASSES = 6  # over files that vanish while they are looked for
_WRITERS = 4
_LISTS = "backups"
Says = Callable[[float, str], None]


class Backup(BaseModel):
    """What a backup holds: the state of which data folder, up to which change, made when; and its files."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    format: int
    folder: str
    created_at: int
    seq: int
    documents: int
    missing: list[str] = Field(default_factory=list)  # files that the data folder itself had lost
    files: list[StoredFile]


@dataclass(frozen=True)
class Made:
    """A backup and its name; `new_bytes` are those of the files that no backup before had in full."""

    name: str
    backup: Backup
    new_bytes: int


@dataclass(frozen=True)
class _Wanted:
    """A file to back up; the hash that its content must have, where the database or a manifest says it."""

    path: str
    sha256: str | None


def make_backup(home: Path, target: Path, says: Says) -> Made:
    """Add a backup of a data folder to those in `target`, a folder of its own, which is created if it is missing.

    Nothing in the data folder is written, and its server may run. `says` hears the share that is done. Raises
    `FolderError` if `target` holds anything else, or backups of another data folder.
    """
    with _owned(_prepared(home, target)), named_file_failures():
        for left in target.glob("tmp_*"):  # of a process that was killed
            remove(left)
        known = {file.sha256: file for _, backup in list_backups(target) for file in backup.files}
        pieces, written = Pieces(target / "pieces"), set[Path]()
        gone: set[str] = set()
        for attempt in range(_PASSES):
            with _state(home, target) as (store, copied):
                files, lost = _store_all(store, pieces, known, written, says)
                vanished = set(lost) - gone
                gone |= vanished
                if vanished and attempt < _PASSES - 1:
                    continue  # deleted meanwhile, or lost: a newer state of the database knows
                files.append(pieces.store(DATABASE, copied, written))
                backup = _described(store, files, lost)
            break
        synchronise(written)
        new = sum(file.bytes for file in backup.files if file.sha256 not in known)
        return Made(_list(target, backup), backup, new)


def list_backups(target: Path) -> list[tuple[str, Backup]]:
    """Return the backups in a folder by name, the oldest first; `DamagedError` names one whose list is not whole."""
    return [(path.stem, _read(path)) for path in sorted((target / _LISTS).glob("*.json"))]


def find_backup(target: Path, name: str | None) -> tuple[str, Backup]:
    """Return the backup of that name, the newest if none is named."""
    names = sorted(path.stem for path in (target / _LISTS).glob("*.json"))
    if not names:
        raise NotFoundError(f"{target} holds no backups of Tandem.", code="no_backup")
    wanted = name or names[-1]
    if wanted not in names:
        raise NotFoundError(f"{target} has no backup {wanted!r}; it has {', '.join(names[-5:])}.", code="no_backup")
    return wanted, _read(target / _LISTS / f"{wanted}.json")


def restore_backup(target: Path, backup: Backup, home: Path, says: Says) -> None:
    """Make a data folder of a backup, at a place where nothing is yet; all of it or nothing.

    Raises `DamagedError` if a single byte is not what it was, and `FolderError` if there is something already.
    """
    home = home.expanduser().resolve()
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise FolderError(f"{home} is not empty. Name a new folder with --home, or move it away: mv {home} {home}.old")
    home.parent.mkdir(parents=True, exist_ok=True)
    staging = home.with_name(f".{home.name}-{new_id('tmp')}")
    pieces, total = Pieces(target / "pieces"), sum(file.bytes for file in backup.files) or 1
    with named_file_failures():
        staging.mkdir(mode=0o700)
        try:
            done = 0
            for file in backup.files:
                pieces.restore(file, staging / file.path)
                done += file.bytes
                says(done / total, f"restore of {len(backup.files)} files")
            synchronise({path for path in (staging, *staging.rglob("*")) if path.is_dir()})
            staging.rename(home)
            sync_folder(home.parent)
        finally:
            if staging.exists():
                remove(staging)


def keep_newest(target: Path, count: int) -> tuple[list[str], int]:
    """Remove all but the newest backups and the pieces that only they had; return their names and the bytes freed."""
    with _owned(target):
        backups = list_backups(target)
        old, kept = backups[:-count], backups[-count:]
        for name, _ in old:
            (target / _LISTS / f"{name}.json").unlink()
        sync_folder(target / _LISTS)
        freed = Pieces(target / "pieces").keep_only(file for _, backup in kept for file in backup.files)
    return [name for name, _ in old], freed


def _prepared(home: Path, target: Path) -> Path:
    """Return the folder of backups, created if it is missing; raise `FolderError` if it cannot be that."""
    home, place = home.expanduser().resolve(), target.expanduser().resolve()
    if place.is_relative_to(home):
        raise FolderError(f"{target} lies in the data folder {home}: a backup belongs to another place.")
    if place.exists() and not (place / _LISTS).is_dir() and (not place.is_dir() or any(place.iterdir())):
        raise FolderError(f"{target} holds something else than backups of Tandem. Name a new folder.")
    (place / _LISTS).mkdir(mode=0o700, parents=True, exist_ok=True)
    make_private(place)
    mine = read_marker(home)
    for name, backup in list_backups(place)[:1]:
        if mine is not None and backup.folder != mine:
            raise FolderError(f"{target} holds backups of another data folder, as {name}. Name a folder of its own.")
    return place


@contextmanager
def _owned(place: Path) -> Iterator[None]:
    """Let nobody else write backups or remove pieces meanwhile."""
    descriptor = os.open(place / "LOCK", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise ConflictError(f"Another process works on the backups in {place}.", code="backup_in_use") from error
    finally:
        os.close(descriptor)


@contextmanager
def _state(home: Path, place: Path) -> Iterator[tuple[Store, Path]]:
    """Give the store as it is now, and a copy of its database, which names no checkpoints."""
    copied = place / f"{new_id('tmp')}.db"
    try:
        with open_frozen(home) as store:
            backend = cast("FrozenSQLite", store.database.backend)
            with closing(cast("Connection", sqlite_driver().connect(copied))) as target:
                backend.copy_to(target)
                target.execute("PRAGMA journal_mode=DELETE")
                target.execute("DELETE FROM checkpoints")
                target.commit()
            yield store, copied
    finally:
        for left in place.glob(f"{copied.name}*"):
            left.unlink()


def _wanted(store: Store) -> Iterator[_Wanted]:
    """Yield the files beside the database that belong to a state: those that its rows name, and ours."""
    versions, models = schema.versions.c, schema.models.c
    with store.database.read() as connection:
        digests = sorted(set(connection.scalars(sa.select(versions.sha256))))
        folders = connection.scalars(sa.select(models.path).where(models.domain_id.is_not(None))).all()
    for digest in digests:
        yield _Wanted(store.folder.blob(digest).relative_to(store.folder.root).as_posix(), digest)
    for folder in sorted(folders):
        place = store.folder.root / folder
        found = [path for path in sorted(place.rglob("*")) if path.is_file()]
        if place / MANIFEST not in found:
            yield _Wanted(f"{folder}/{MANIFEST}", None)
        yield from (_Wanted(path.relative_to(store.folder.root).as_posix(), None) for path in found)
    yield from (_Wanted(name, None) for name in (MARKER, INGESTED, SYNCED) if (store.folder.root / name).exists())


def _store_all(
    store: Store, pieces: Pieces, known: dict[str, StoredFile], written: set[Path], says: Says
) -> tuple[list[StoredFile], list[str]]:
    """Store what belongs to a state; return the files, and the paths of those that are missing or not as they were."""
    wanted = list(_wanted(store))
    lost: list[str] = []

    def put(each: _Wanted) -> StoredFile | None:
        before = known.get(each.sha256 or "")
        if before is not None and pieces.has(before):
            return before.model_copy(update={"path": each.path})
        try:
            stored = pieces.store(each.path, store.folder.root / each.path, written)
        except FileNotFoundError:
            lost.append(each.path)
            return None
        if each.sha256 not in (None, stored.sha256):
            lost.append(each.path)
        return stored

    files: list[StoredFile] = []
    with ThreadPoolExecutor(_WRITERS) as threads:
        for count, stored in enumerate(threads.map(put, wanted), 1):
            says(count / (len(wanted) + 1), f"backup of {len(wanted)} files")
            files += [stored] if stored else []
    return files, sorted(lost)


def _described(store: Store, files: list[StoredFile], lost: list[str]) -> Backup:
    with store.database.read() as connection:
        seq = connection.scalar(sa.select(sa.func.max(schema.changes.c.seq))) or 0
        documents = connection.scalar(sa.select(sa.func.count()).select_from(schema.documents)) or 0
    folder = read_marker(store.folder.root) or ""
    about = {"format": FORMAT, "folder": folder, "created_at": now(), "seq": seq, "documents": documents}
    return Backup.model_validate({**about, "missing": lost, "files": [each.model_dump() for each in files]})


def _list(place: Path, backup: Backup) -> str:
    """Write the list of a backup, its last file, and return the name of the backup, which holds the list's hash."""
    content = backup.model_dump_json().encode()
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(backup.created_at))
    taken = {path.stem for path in (place / _LISTS).glob("*.json")}
    number = sum(name.startswith(stamp) for name in taken)
    name = f"{stamp}-{number:02}-{sha256(content)[:16]}"
    temporary = place / new_id("tmp")
    temporary.write_bytes(content)
    sync_folder(temporary)  # fsync needs only a descriptor
    temporary.rename(place / _LISTS / f"{name}.json")
    sync_folder(place / _LISTS)
    sync_folder(place)
    return name


def _read(path: Path) -> Backup:
    content = path.read_bytes()
    if sha256(content)[:16] != PurePosixPath(path.stem).name.rpartition("-")[2]:
        raise DamagedError(f"The list of the backup {path.stem} is not what was written.")
    try:
        backup = Backup.model_validate_json(content)
    except ValidationError as error:
        raise DamagedError(f"The list of the backup {path.stem} cannot be read.") from error
    if backup.format != FORMAT:
        raise DamagedError(f"The backup {path.stem} has the format {backup.format}; this version knows {FORMAT}.")
    return backup
