"""Files kept in pieces that are named by their SHA-256: what two backups have in common is stored once.

A piece is written whole, synchronised and renamed before anything names it, and checked whenever it is read. A database
changes in place, a few pages at a time, so that most of its pieces are those of the backup before.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from store.errors import DamagedError
from store.folder import sync_folder
from store.ids import new_id, sha256

_PIECE = 1 << 18
_PATH = r"^(?:tandem\.db|TANDEM|ingested\.json|synced\.json|(?:blobs|artifacts)(?:/\w[\w.+ -]*)+)$"
_DIGEST = r"^[0-9a-f]{64}$"


class StoredFile(BaseModel):
    """A file as it was: its place in the data folder, and the pieces that it consists of."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    path: str = Field(pattern=_PATH)
    bytes: int = Field(ge=0)
    sha256: str = Field(pattern=_DIGEST)
    pieces: list[Annotated[str, Field(pattern=_DIGEST)]]


@dataclass(frozen=True)
class Pieces:
    """The pieces below a folder."""

    root: Path

    def store(self, path: str, file: Path, written: set[Path]) -> StoredFile:
        """Store a file and return how it is called; `written` gets the folders that are to be synchronised."""
        whole = hashlib.sha256()
        names: list[str] = []
        size = 0
        with file.open("rb") as source:
            while data := source.read(_PIECE):
                whole.update(data)
                size += len(data)
                names.append(self._put(data, written))
        return StoredFile(path=path, bytes=size, sha256=whole.hexdigest(), pieces=names)

    def has(self, file: StoredFile) -> bool:
        """Return whether all pieces of a file are there; their content is checked when they are read."""
        return all(self._place(name).is_file() for name in file.pieces)

    def restore(self, file: StoredFile, target: Path) -> None:
        """Write a file as it was, durably; raise `DamagedError` if a piece is not what it was."""
        whole = hashlib.sha256()
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            for data in self._content(file):
                whole.update(data)
                out.write(data)
            out.flush()
            os.fsync(out.fileno())
        if whole.hexdigest() != file.sha256 or target.stat().st_size != file.bytes:
            raise DamagedError(f"{file.path} of the backup does not have the SHA-256 {file.sha256}.")

    def keep_only(self, files: Iterator[StoredFile]) -> int:
        """Remove every piece that none of these files consists of; return how many bytes that freed."""
        wanted = {name for file in files for name in file.pieces}
        freed = 0
        for place in self.root.glob("??/*"):
            if place.name not in wanted:
                freed += place.stat().st_size
                place.unlink()
        return freed

    def _content(self, file: StoredFile) -> Iterator[bytes]:
        for name in file.pieces:
            try:
                data = self._place(name).read_bytes()
            except OSError as error:
                message = f"{file.path} of the backup lacks the piece {name[:12]}: {error.strerror}."
                raise DamagedError(message) from error
            if sha256(data) != name:
                raise DamagedError(f"{file.path} of the backup is damaged: its piece {name[:12]} has other bytes.")
            yield data

    def _put(self, data: bytes, written: set[Path]) -> str:
        name = sha256(data)
        place = self._place(name)
        if not place.exists() or place.stat().st_size != len(data):
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary = place.with_name(new_id("tmp"))
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.rename(place)
            written |= {place.parent, self.root}
        return name

    def _place(self, name: str) -> Path:
        return self.root / name[:2] / name


def synchronise(folders: set[Path]) -> None:
    """Make the names of what was written durable."""
    for folder in sorted(folders):
        sync_folder(folder)
