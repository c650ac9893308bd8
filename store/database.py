"""The database: opening, migrating, reading, writing.

SQLite settings and why: WAL so that readers never wait, `synchronous=FULL` because NORMAL loses acknowledged writes on
power loss, `BEGIN IMMEDIATE` because a read transaction that turns into a write fails at once when another process
committed meanwhile. SQLite before 3.51.3 can corrupt a WAL (https://sqlite.org/wal.html#walresetbug), so `pysqlite3`
brings its own; where it is missing and the system's SQLite is older, the journal mode is DELETE.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from store.database_failures import named_failures, sqlite_driver
from store.errors import FolderError, NotReadyError, ReadOnlyError, StorageFullError
from store.space import Space

if TYPE_CHECKING:
    from alembic.config import Config

_T = TypeVar("_T")
_BATCH = 500
_WAL_SAFE = (3, 51, 3)
_TABLES = {"alembic_version", "domains", "documents", "changes"}  # which every version of Tandem has had


@dataclass(frozen=True)
class Found:
    """What a database file holds: no tables (`is_new`), or Tandem's, with the id of its data folder if it has one."""

    is_new: bool
    folder_id: str | None


def examine(path: Path) -> Found:
    """Return what the file holds, which is only read; `FolderError` if it is the database of something else."""
    if not path.exists() or not path.stat().st_size:
        return Found(is_new=True, folder_id=None)
    try:
        return _found(path, "mode=ro")
    except ReadOnlyError:
        # What a process that died has left in a rollback journal must be undone first, and that would be a write. For
        # telling whose database it is, the file as it lies there is enough.
        journal = path.with_name(path.name + "-journal")
        if not journal.exists() or not journal.stat().st_size:
            raise
        return _found(path, "immutable=1")


def _found(path: Path, how: str) -> Found:
    with (
        named_failures(Space(path.parent)),
        closing(sqlite_driver().connect(f"file:{quote(str(path))}?{how}", uri=True)) as connection,
    ):
        connection.execute("PRAGMA busy_timeout=30000")
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        if tables and not tables >= _TABLES:
            raise FolderError(f"{path} is a database, but not one of Tandem. Name another folder with --home.")
        query = "SELECT value FROM properties WHERE name = 'folder'"
        (folder_id,) = connection.execute(query).fetchone() or (None,) if "properties" in tables else (None,)
    return Found(not tables, folder_id)


@dataclass(frozen=True)
class Prepared:
    """A SELECT as SQL, for what every request asks, with the names of its parameters in order."""

    sql: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, statement: sa.Select[Any]) -> Prepared:
        """Return the statement compiled for SQLite; its parameters are `bindparam`s without a value."""
        compiled = statement.compile(dialect=sqlite.dialect())
        return cls(str(compiled), tuple(compiled.positiontup or ()))


class Database:
    """An open database. `read()` and `write()` give a connection inside a transaction."""

    def __init__(self, path: Path) -> None:
        self._driver = driver = sqlite_driver()
        self._path = path
        self._free: deque[Any] = deque()  # connections for fetching that nobody uses now
        self.journal_mode = "WAL" if driver.sqlite_version_info >= _WAL_SAFE else "DELETE"
        self._engine = sa.create_engine(f"sqlite:///{path}", module=driver, connect_args={"timeout": 30})
        sa.event.listen(self._engine, "connect", self._configure)
        sa.event.listen(self._engine, "begin", _begin)
        self._writer = self._engine.execution_options(write=True)
        self._lean_writer = self._engine.execution_options(write=True, lean=True)
        self.space = Space(path.parent)
        self._write_lock = threading.Lock()  # threads queue here instead of in SQLite's sleeping busy handler

    def _configure(self, connection: Any, _record: object) -> None:
        connection.isolation_level = None  # SQLAlchemy sends BEGIN itself, see `_begin`
        for pragma in (
            f"journal_mode={self.journal_mode}",
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=30000",
            "trusted_schema=OFF",
            "secure_delete=ON",  # what was deleted is overwritten, not merely forgotten
        ):
            connection.execute(f"PRAGMA {pragma}")

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one snapshot. Keep it short: an open reader pins the WAL."""
        with named_failures(self.space), self._engine.begin() as connection:
            yield connection

    def fetch(self, query: Prepared, **parameters: Any) -> list[tuple[Any, ...]]:
        """Return the rows of one SELECT, which is one snapshot, as the driver gives them: JSON is text.

        Three times as fast as `read`, whose machinery costs a search more than SQLite does.
        """
        with named_failures(self.space):
            try:
                connection = self._free.pop()
            except IndexError:
                connection = self._driver.connect(str(self._path), timeout=30, check_same_thread=False)
                self._configure(connection, None)
            try:
                values = [parameters[name] for name in query.names]
                found: list[tuple[Any, ...]] = connection.execute(query.sql, values).fetchall()
            finally:
                self._free.append(connection)
        return found

    @contextmanager
    def write(self, *, frees: bool = False) -> Iterator[sa.Connection]:
        """Give the connection of a write transaction: committed and durable at the end, undone on an exception.

        One that `frees` room gets through on a full disk: it has the reserved room, and does not overwrite what it
        deletes, which would take as much room again; that is noted to be made up for (`store.erasure`).
        """
        with ExitStack() as stack:
            lean = frees and stack.enter_context(self.space.reserved_room())
            stack.enter_context(named_failures(self.space))
            stack.enter_context(self._write_lock)
            connection = stack.enter_context((self._lean_writer if lean else self._writer).begin())
            if lean:
                connection.exec_driver_sql("INSERT OR REPLACE INTO properties VALUES ('erase', 'due')")
            yield connection
        if self.space.is_scarce():  # what is in the log only needs room in the database, while there is some
            self.empty_log()

    def empty_log(self) -> None:
        """Move what the write-ahead log holds into the database and empty it; if a reader is in the way, next time."""
        if self.journal_mode == "WAL":
            with suppress(NotReadyError, StorageFullError), self.space.reserved_room():
                self.maintain("PRAGMA wal_checkpoint(TRUNCATE)")

    def sizes(self) -> tuple[int, int]:
        """Return how many bytes of the file are pages in use, and how many free ones."""
        names = ("page_count", "freelist_count", "page_size")
        pages, free, size = (self.maintain(f"PRAGMA {name}")[0][0] for name in names)
        return int((pages - free) * size), int(free * size)

    def maintain(self, statement: str) -> list[tuple[Any, ...]]:
        """Carry out a statement outside of any transaction, without waiting for readers for long; return its rows."""
        with (
            named_failures(self.space),
            closing(self._driver.connect(str(self._path), check_same_thread=False)) as connection,
        ):
            self._configure(connection, None)
            connection.execute("PRAGMA busy_timeout=100")
            rows: list[tuple[Any, ...]] = connection.execute(statement).fetchall()
        return rows

    def migrate(self) -> None:
        """Bring the schema to the newest version, in one transaction; `FolderError` if a newer Tandem made it."""
        from alembic import command
        from alembic.migration import MigrationContext

        known = self.versions()
        config = _migrations()
        with self.write() as connection:
            present = MigrationContext.configure(connection).get_current_revision()
            if present not in (None, *known):
                raise FolderError(
                    f"{self._path} has the schema {present}; this version of Tandem knows {known[-1]} to {known[0]}. "
                    "Use the version that wrote it, or a newer one."
                )
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    @staticmethod
    def versions() -> list[str]:
        """Return the versions of the schema that are known, the newest first."""
        from alembic.script import ScriptDirectory

        return [script.revision for script in ScriptDirectory.from_config(_migrations()).walk_revisions()]

    def close(self) -> None:
        """Close all connections."""
        while self._free:
            self._free.pop().close()
        self._engine.dispose()


def _migrations() -> Config:
    """Return where alembic finds the migrations."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def batches(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """Yield the items in parts that fit into one statement, below every SQLite's limit of bound parameters."""
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]


def _begin(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("write", False):
        connection.exec_driver_sql("BEGIN")
        return
    lean = options.get("lean", False)
    connection.exec_driver_sql(f"PRAGMA secure_delete={'OFF' if lean else 'ON'}")
    connection.exec_driver_sql(f"PRAGMA cache_spill={'OFF' if lean else 'ON'}")  # pages that are freed go nowhere
    connection.exec_driver_sql("BEGIN IMMEDIATE")
