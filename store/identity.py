"""Whose folder it is: the marker file, and the refusal to open what is not a data folder or has lost its database.

What no row names is cleared away at a start. So a database that is new, lost or another folder's must never be the one
that is asked. A folder carries a marker with its id, its database the same id. The marker is written once the database
has its tables: with a marker, a missing or empty database was lost; without one, the folder must hold nothing yet.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from store.errors import FolderError

MARKER = "TANDEM"
DATABASE = "tandem.db"
FOLDERS = ("blobs", "indexes", "artifacts", "tmp", "aside")
FORMAT = 1
_JOURNALS = tuple(DATABASE + suffix for suffix in ("-wal", "-shm", "-journal"))
INGESTED = "ingested.json"  # what the command line remembers of the files that it uploaded
SYNCED = "synced.json"  # and of the folders that it mirrors
_OURS = {MARKER, DATABASE, *_JOURNALS, *FOLDERS, "LOCK", "BALLAST", INGESTED, SYNCED}
_HARMLESS = {"lost+found", ".DS_Store", "tandem.toml"}  # in a fresh file system, or where somebody has looked
_SHOWN = 3
BLOB = re.compile(r"[0-9a-f]{64}")


def check_place(root: Path) -> None:
    """Raise `FolderError` unless `root` may be opened: a data folder with its database, an empty or a new folder."""
    if root.exists() and not root.is_dir():
        raise FolderError(f"{root} is a file. Name a folder with --home.")
    _check_parents(root)
    if not root.is_dir():
        return
    marker, database = read_marker(root), _size(root / DATABASE)
    if database > 0:
        return
    if marker is not None:
        raise lost_database(root)
    try:
        check_new(root)
    except FolderError:
        if not _size(root / DATABASE):  # else another process has made it into a data folder meanwhile
            raise


def check_new(root: Path, *, log_was_read: bool = False) -> None:
    """Raise `FolderError` unless the folder, which has neither marker nor tables, holds nothing that could be lost.

    The log of a database counts, unless it `log_was_read` and has no tables either: a first start was interrupted.
    """
    wal, _, journal = _JOURNALS
    ours = [wal] if _size(root / wal) and not log_was_read else []
    ours += [journal] if _journalled_pages(root / journal) and not log_was_read else []
    ours += [name for name in FOLDERS if (root / name).is_symlink() or not _is_empty(root / name)]
    foreign = sorted({path.name for path in root.iterdir()} - _OURS - _HARMLESS)
    if any(BLOB.fullmatch(path.name) for path in (root / "blobs").glob("??/*")):
        raise lost_database(root)
    if found := foreign + ours:
        more = ", …" if len(found) > _SHOWN else ""
        raise FolderError(
            f"{root} is not empty and is no data folder of Tandem: it holds {', '.join(found[:_SHOWN])}{more}. "
            f"Nothing was changed. Name an empty or a new folder, for example --home {root / 'tandem-data'}."
        )


def lost_database(root: Path) -> FolderError:
    """Return the error for a data folder without its database."""
    state = "is empty" if (root / DATABASE).exists() else "is missing"
    return FolderError(
        f"The data folder {root} has lost its database: {DATABASE} {state}, but there is {_remains(root)}. "
        f"Nothing was changed. Put {DATABASE} back (and {DATABASE}-wal, if you have it), "
        f"or, to begin anew, move the folder away: mv {root} {root}.old"
    )


def read_marker(root: Path) -> str | None:
    """Return the id in the folder's marker, or None without one; `FolderError` if a newer Tandem wrote it."""
    try:
        content = json.loads((root / MARKER).read_bytes())
        found, written = content["id"], content["format"]
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, IsADirectoryError) as error:
        raise FolderError(
            f"{root / MARKER}, which marks a data folder of Tandem, cannot be read. If {DATABASE} beside it is yours, "
            f"remove the marker and open the folder again: rm {root / MARKER}"
        ) from error
    if written != FORMAT:
        raise FolderError(
            f"The data folder {root} has the format {written}; this version of Tandem knows {FORMAT}. "
            "Use the version that wrote it, or a newer one."
        )
    return str(found)


def marker_content(folder_id: str) -> bytes:
    """Return what the marker of the folder with this id holds."""
    about = "This folder belongs to Tandem. Do not remove this file: without it the folder is not recognised."
    return (json.dumps({"format": FORMAT, "id": folder_id, "about": about}) + "\n").encode()


def check_same(root: Path, marked: str, stored: str) -> None:
    """Raise `FolderError` if the database carries another id than the marker of the folder."""
    if marked != stored:
        raise FolderError(
            f"{root / DATABASE} is the database of another data folder ({stored}) than the one that {MARKER} marks "
            f"({marked}). Nothing was changed. Put the right database back. If this one shall stay, remove the marker "
            f"(rm {root / MARKER}): files that it does not name are then moved to {root / 'aside'}."
        )


def _check_parents(root: Path) -> None:
    for parent in root.parents:
        inner = root.relative_to(parent).parts[0]
        if inner in FOLDERS and ((parent / MARKER).is_file() or (parent / DATABASE).is_file()):
            raise FolderError(f"{root} lies inside {inner} of the data folder {parent}. Name another one with --home.")


def _remains(root: Path) -> str:
    """Say what of a data folder is there."""
    originals = sum(1 for path in (root / "blobs").glob("??/*") if BLOB.fullmatch(path.name))
    artifacts = sum(1 for _ in (root / "artifacts").glob("mdl_*"))
    return f"its marker {MARKER}" * (root / MARKER).exists() or f"{originals} originals, {artifacts} models"


def _size(path: Path) -> int:
    """Return the size of a file, 0 if it is not there."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _journalled_pages(path: Path) -> int:
    """Return how many pages a database had when this rollback journal of it was begun, 0 without a journal.

    See https://sqlite.org/fileformat2.html#the_rollback_journal. A first start that was killed leaves one of 0 pages.
    """
    try:
        with path.open("rb") as journal:
            return int.from_bytes(journal.read(20)[16:], "big")
    except FileNotFoundError:
        return 0


def _is_empty(folder: Path) -> bool:
    """Return whether there is no file anywhere below the folder, or no such folder."""
    return not any(not path.is_dir() or path.is_symlink() for path in folder.rglob("*")) if folder.is_dir() else True
