"""The open store: a data folder and its database, which every other module of this package takes as first argument."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from store import schema
from store.database import Database
from store.errors import FolderError
from store.folder import DataFolder, make_private
from store.identity import check_new, check_same, lost_database, read_marker
from store.ids import new_id
from store.space import named_file_failures
from store.sqlite import examine, sqlite_url


@dataclass(frozen=True)
class Store:
    """A data folder with its database open and its schema current."""

    folder: DataFolder
    database: Database

    @classmethod
    def open(cls, root: Path) -> Store:
        """Open the store at `root`, creating or migrating it as needed. Any number of processes may do this.

        Raises `FolderError` if `root` is not a data folder or may have lost something; then nothing was changed.
        """
        with named_file_failures():
            folder = DataFolder.open(root)
            if folder.space.is_low():
                folder.space.release_ballast()  # to begin at all takes some room: what SQLite keeps beside the database
            marked = read_marker(folder.root)
            is_new = _check_database(folder, marked)
            os.close(os.open(folder.database, os.O_RDWR | os.O_CREAT, 0o600))
            make_private(folder.database)
            database = Database.at(sqlite_url(folder.database))
            database.migrate()
            stored = _folder_id(database, marked or new_id("hom"), is_new=is_new)
            if marked is None:
                folder.mark(stored)
        return cls(folder, database)

    def close(self) -> None:
        """Close the database."""
        self.database.close()


def now() -> int:
    """Return Unix time in whole seconds, for display."""
    return int(time.time())


def get_property(connection: sa.Connection, name: str) -> str | None:
    """Return what is remembered under a name for the whole data folder."""
    table = schema.properties.c
    found: str | None = connection.scalar(sa.select(table.value).where(table.name == name))
    return found


def set_property(connection: sa.Connection, name: str, value: str) -> None:
    """Remember a value under a name for the whole data folder."""
    table = schema.properties
    connection.execute(table.delete().where(table.c.name == name))
    connection.execute(table.insert().values(name=name, value=value))


def _folder_id(database: Database, proposed: str, *, is_new: bool) -> str:
    """Return the id in the database, which is `proposed` from now on if it had none."""
    with database.read() as connection:
        found = get_property(connection, "folder")
    if found is not None:
        return found
    with database.write() as connection:
        found = get_property(connection, "folder")  # another process may have been first
        if found is None:
            set_property(connection, "folder", proposed)
            set_property(connection, "erase", "done" if is_new else "due")
    return found or proposed


def _check_database(folder: DataFolder, marked: str | None) -> bool:
    """Return whether the database has no tables yet; `FolderError` if it is not that of this folder, or was lost."""
    found = examine(folder.database)
    if not found.is_new:
        if marked is not None and found.folder_id is not None:
            check_same(folder.root, marked, found.folder_id)
        return False
    if marked is not None:
        raise lost_database(folder.root)
    try:
        check_new(folder.root, log_was_read=folder.database.exists() and folder.database.stat().st_size > 0)
    except FolderError:
        if examine(folder.database).is_new:  # else another process has made it meanwhile
            raise
    return True
