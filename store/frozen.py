"""A store as it is at one moment: everything is read from one snapshot, and nothing in the data folder is written.

That is what a check needs beside a server that writes, and on a disk that may not be written. SQLite cannot read a
write-ahead log without a file of its own beside it; where it may not make one, the database is copied first.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from store.backend import Statement
from store.database import Database
from store.errors import FolderError, ReadOnlyError
from store.folder import DataFolder
from store.identity import DATABASE
from store.sqlite import SQLite, examine, journal_mode, named_failures, sqlite_driver, sqlite_url
from store.store import Store

if TYPE_CHECKING:
    from sqlite3 import Connection


class FrozenSQLite(SQLite):
    """A database file of which everything is read in one transaction; it cannot be written."""

    def __init__(self, path: Path, *, immutable: bool = False) -> None:
        """Raise `ReadOnlyError` if SQLite would have to write beside the file; an `immutable` one has no such file."""
        super().__init__(sqlite_url(path))
        name = f"file:{quote(str(path))}?mode=ro{'&immutable=1' if immutable else ''}"
        with named_failures(self.space):
            self._raw = sqlite_driver().connect(name, uri=True, timeout=30, check_same_thread=False)
            self._raw.isolation_level = None
        engine = sa.create_engine(
            "sqlite://",
            creator=lambda: self._raw,
            poolclass=StaticPool,
            module=sqlite_driver(),
            pool_reset_on_return=None,
        )
        with named_failures(self.space):
            self._frozen = engine.connect()  # which rolls back what was begun before
            self._raw.execute("BEGIN")
            self._raw.execute("SELECT count(*) FROM sqlite_schema")  # the first read is what the snapshot begins with
        self._reading = threading.RLock()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give the connection, inside the transaction that all reads share."""
        with named_failures(self.space), self._reading:
            yield self._frozen

    def fetch(self, statement: Statement, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Return the rows of one SELECT."""
        sql, names = self._statements.compiled(statement)
        with named_failures(self.space), self._reading:
            found = self._raw.execute(sql, [parameters[name] for name in names]).fetchall()
        return list(found)

    @contextmanager
    def writing(self, *, frees: bool) -> Iterator[sa.Connection]:
        """Raise `ReadOnlyError`."""
        del frees
        raise ReadOnlyError("A store that was opened for reading cannot be written.")
        yield self._frozen

    def copy_to(self, target: Connection) -> None:
        """Copy the snapshot into another database, given as a connection of the driver."""
        self._raw.backup(target)

    def close(self) -> None:
        """End the transaction and close the connection."""
        self._frozen.close()
        self._raw.close()
        super().close()


@contextmanager
def open_frozen(root: Path) -> Iterator[Store]:
    """Give the store in a data folder as it is now, also one that may not be written or that an older Tandem wrote.

    Raises `FolderError` if there is none, `DamagedError` if its database cannot be read.
    """
    home = root.expanduser().resolve()
    if not (home / DATABASE).is_file() or not (home / DATABASE).stat().st_size:
        raise FolderError(f"{home} is no data folder of Tandem: it has no {DATABASE}, or an empty one.")
    with tempfile.TemporaryDirectory(prefix="tandem-") as scratch:
        folder = DataFolder(home, Path(scratch))
        database = _frozen_database(home / DATABASE, Path(scratch))
        try:
            yield Store(folder, database)
        finally:
            database.close()


@contextmanager
def frozen(store: Store) -> Iterator[Store]:
    """Give an open store as it is now; one that is frozen already is given as it is."""
    if isinstance(store.database.backend, FrozenSQLite):
        yield store
        return
    with tempfile.TemporaryDirectory(prefix="tandem-") as scratch:
        database = _frozen_database(store.folder.database, Path(scratch))
        try:
            yield replace(store, database=database)
        finally:
            database.close()


def _frozen_database(path: Path, scratch: Path) -> Database:
    try:
        if examine(path).is_new:
            raise FolderError(f"{path.parent} is no data folder of Tandem: its {DATABASE} has no tables.")
        backend = FrozenSQLite(path)
    except ReadOnlyError:
        beside = [path.with_name(path.name + suffix) for suffix in ("-wal", "-journal")]
        logs = [log for log in beside if log.exists() and log.stat().st_size]
        if not logs:
            backend = FrozenSQLite(path, immutable=True)
        else:
            for file in (path, *logs):
                shutil.copy(file, scratch / file.name)
            backend = FrozenSQLite(scratch / path.name)
    database = Database(backend)
    if database.is_current() and journal_mode() == "WAL":
        return database
    # Of another version, or without a write-ahead log, where a reader would keep writers waiting: a copy.
    copy = scratch / "copy.db"
    with closing(database), closing(sqlite_driver().connect(copy)) as target, named_failures(database.space):
        backend.copy_to(target)
    migrated = Database.at(sqlite_url(copy))
    migrated.migrate()
    migrated.close()
    return Database(FrozenSQLite(copy))
