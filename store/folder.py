"""The data folder: where things lie, who owns it, and writes that survive a crash.

A file or folder is written under a temporary name, synchronised, renamed, and its parent synchronised, before any row
of the database names it. So a name in the database always points to something whole, and what no row names is litter.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from store.errors import DamagedError, FolderInUseError
from store.identity import DATABASE, FOLDERS, MARKER, check_place, marker_content
from store.ids import canonical_json, new_id, sha256
from store.space import Space, named_file_failures

MANIFEST = "MANIFEST.json"
_WRITERS = 4
_SCRATCH = re.compile(r"tmp_[a-z0-6]{20}")  # what `temporary` names
_PRIVATE = 0o077  # the rights of others, which are taken away


@dataclass(frozen=True)
class DataFolder:
    """The layout of a data folder, readable by its owner alone. Unknown files in it are left alone."""

    root: Path
    scratch: Path | None = None  # where temporary files go if not into the folder, which is then only read

    @classmethod
    def open(cls, root: Path) -> DataFolder:
        """Create the sub-folders that are missing and return the folder.

        Raises `FolderError`, and changes nothing, if `root` is neither a data folder nor empty, or lost its database.
        """
        folder = cls(root.expanduser().resolve())
        check_place(folder.root)
        folder.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        make_private(folder.root)
        for name in FOLDERS:
            (folder.root / name).mkdir(mode=0o700, exist_ok=True)
        return folder

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.root / DATABASE

    @property
    def space(self) -> Space:
        """The room on its disk."""
        return Space(self.root)

    def mark(self, folder_id: str) -> None:
        """Write the marker file, with the id that the database has too."""
        self.write_file(self.root / MARKER, marker_content(folder_id))

    @property
    def indexes(self) -> Path:
        """Checkpoints of search indexes; all of it can be rebuilt."""
        return self.root / "indexes"

    @property
    def artifacts(self) -> Path:
        """Adapters and tuned encoders, one folder each."""
        return self.root / "artifacts"

    @property
    def aside(self) -> Path:
        """Files of Tandem that no row names, one folder for each start that found some."""
        return self.root / "aside"

    def blob(self, digest: str) -> Path:
        """Return where the original file with this SHA-256 lies."""
        return self.root / "blobs" / digest[:2] / digest

    def temporary(self) -> Path:
        """Return a fresh path below `tmp` (on the same file system, so that it can be renamed into place)."""
        return (self.scratch or self.root / "tmp") / new_id("tmp")

    def clear_temporary(self) -> None:
        """Remove what a crashed process of Tandem left below `tmp`. Only the owner of the lock may call this."""
        for left in (self.root / "tmp").iterdir():
            if _SCRATCH.fullmatch(left.name):
                remove(left)

    def write_blobs(self, contents: Sequence[bytes]) -> list[str]:
        """Store files durably under their SHA-256 and return these, in order; storing one again does nothing.

        The files are synchronised at the same time: one after the other each waits for the disk alone.
        """
        digests = [sha256(data) for data in contents]
        new = {
            target: data
            for data, digest in zip(contents, digests, strict=True)
            if not (target := self.blob(digest)).exists()
        }
        self.space.require(sum(map(len, new.values())))
        with named_file_failures():
            self._write_new(new)
        return digests

    def _write_new(self, new: Mapping[Path, bytes]) -> None:
        parents = {target.parent for target in new}
        missing = [parent for parent in parents if not parent.exists()]
        for parent in missing:
            parent.mkdir(mode=0o700, exist_ok=True)
        if missing:
            sync_folder(self.root / "blobs")
        if len(new) == 1:  # without threads, which take longer to start than one file takes
            self.write_file(*next(iter(new.items())))
        elif new:
            with ThreadPoolExecutor(_WRITERS) as threads:
                list(threads.map(self._put, new.keys(), new.values()))
                list(threads.map(sync_folder, parents))

    def write_file(self, target: Path, data: bytes) -> None:
        """Write `target` so that it is either absent, what it was before, or whole."""
        self._put(target, data)
        sync_folder(target.parent)

    def _put(self, target: Path, data: bytes) -> None:
        """Write `target` whole or not at all; its name is durable once its folder is synchronised."""
        temporary = self.temporary()
        try:
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.rename(target)
        finally:
            temporary.unlink(missing_ok=True)  # still there only if something failed

    def publish(self, target: Path, fill: Callable[[Path], None], about: Mapping[str, object]) -> str:
        """Publish a folder that `fill` writes, its manifest last, and return the SHA-256 of the manifest.

        The manifest holds `about` and the SHA-256 of every file. `check_published` verifies both.
        """
        self.space.require(0)
        staging = self.temporary()
        with named_file_failures():
            staging.mkdir()
            try:
                fill(staging)
                manifest = canonical_json({**about, "files": hash_files(staging)}).encode()
                for path in sorted(staging.rglob("*")):
                    sync_folder(path)  # fsync needs only a descriptor, of a file or of a folder
                (staging / MANIFEST).write_bytes(manifest)
                sync_folder(staging / MANIFEST)
                sync_folder(staging)
                staging.rename(target)
            finally:
                shutil.rmtree(staging, ignore_errors=True)  # still there only if something failed
            sync_folder(target.parent)
        return sha256(manifest)

    def remove_published(self, folder: Path) -> None:
        """Remove a published folder: renamed first, so that nobody finds half of it."""
        gone = self.temporary()
        with suppress(FileNotFoundError):  # somebody removed it by hand
            folder.rename(gone)
            remove(gone)

    @contextmanager
    def lock(self, about: Mapping[str, object]) -> Iterator[None]:
        """Own the folder for the time of the context; `about` (process, address) is readable by others.

        Raises `FolderInUseError` if another process owns it. The system frees the lock when the process dies.
        """
        path = self.root / "LOCK"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if not _try_lock(descriptor):
                raise FolderInUseError(
                    f"The data folder {self.root} is in use by {owner_in_words(self.owner() or {})}. "
                    "Stop that process or choose another folder with --home."
                )
            self.clear_temporary()
            with named_file_failures():
                os.truncate(descriptor, 0)
                os.pwrite(descriptor, json.dumps(dict(about)).encode(), 0)
            self.space.make_ballast()
            try:
                yield
            finally:
                os.truncate(descriptor, 0)
        finally:
            os.close(descriptor)

    def owner(self) -> dict[str, object] | None:
        """Return what the present owner of the lock says of itself, or None if nobody holds the folder."""
        path = self.root / "LOCK"
        if not path.exists():
            return None
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                content = file.read()
                return cast("dict[str, object]", json.loads(content)) if content else {}
        return None


def owner_in_words(owner: Mapping[str, object]) -> str:
    """Return who owns a data folder in words."""
    if not owner:
        return "another process"
    about = {"pid": "process {}", "host": "on {}", "command": "({})", "url": "serving at {}"}
    return " ".join(text.format(owner[name]) for name, text in about.items() if name in owner) or "another process"


def _try_lock(descriptor: int) -> bool:
    """Return whether the lock was free; `owner` may hold it for an instant, so look more than once."""
    for _ in range(5):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.03)
        else:
            return True
    return False


def make_private(path: Path) -> None:
    """Take the rights of others from a file or folder, where that is ours to do."""
    mode = path.stat().st_mode
    if mode & _PRIVATE:
        with suppress(PermissionError):  # it belongs to somebody else, who lets us in
            path.chmod(mode & ~_PRIVATE & 0o7777)


def remove(path: Path) -> None:
    """Remove a file, a link (never what it points to) or a folder with all that is in it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def link_or_copy(path: Path, target: Path) -> None:
    """Link a file that never changes to `target`, or copy it where that is on another disk or may not be linked."""
    try:
        target.hardlink_to(path)
    except OSError:
        shutil.copyfile(path, target)


def sync_folder(path: Path) -> None:
    """Force a folder's entries (or a file's content) to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content, which is never in memory as a whole."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_files(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below `folder` but its manifest, by its path inside."""
    return {
        str(path.relative_to(folder)): file_sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / MANIFEST
    }


def check_published(folder: Path, digest: str) -> dict[str, object]:
    """Return the manifest of a published folder after comparing every hash; raise `DamagedError` on any difference.

    The message names the folder without its path: it may reach somebody who has no business with that.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise DamagedError(f"{folder.name} has no {MANIFEST}: it is incomplete or was removed.")
    content = path.read_bytes()
    if sha256(content) != digest:
        raise DamagedError(f"{MANIFEST} of {folder.name} has SHA-256 {sha256(content)}, recorded is {digest}.")
    manifest = cast("dict[str, object]", json.loads(content))
    found = hash_files(folder)
    if found != manifest["files"]:
        listed = cast("dict[str, str]", manifest["files"])
        wrong = sorted(name for name in found.keys() | listed.keys() if found.get(name) != listed.get(name))
        raise DamagedError(f"{folder.name} differs from its manifest in {', '.join(wrong)}.")
    return manifest
