"""SQLite as Tandem's database: its driver, its settings, its files, and what its refusals mean.

Settings and why: WAL so that readers never wait, `synchronous=FULL` because NORMAL loses acknowledged writes on power
loss, `BEGIN IMMEDIATE` because a read transaction that turns into a write fails at once when another process committed
meanwhile, `secure_delete` so that what was deleted is overwritten, not merely forgotten. SQLite before 3.51.3 can
corrupt a WAL (https://sqlite.org/wal.html#walresetbug), so `pysqlite3` brings its own; where it is missing and the
system's SQLite is older, the journal mode is DELETE.
"""

from __future__ import annotations

import itertools
import re
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError

from store.backend import Statement
from store.errors import DamagedError, FolderError, NotReadyError, ReadOnlyError, StorageFullError, TandemError
from store.space import FULL, Space

if TYPE_CHECKING:
    from sqlite3 import Connection

_WAL_SAFE = (3, 51, 3)
_TABLES = {"alembic_version", "domains", "documents", "changes"}  # which every version of Tandem has had
_CORRUPT, _NOT_A_DATABASE = 11, 26
_FULL, _IO_ERROR = 13, 10
_READ_ONLY, _CANNOT_OPEN, _PERMISSION = 8, 14, 3
_BUSY, _LOCKED = 5, 6
_CORRUPT_ON_DISK = {522, 8458}  # a short read, a bad checksum: the file ends where a page should be
_TREE = re.compile(r"[Tt]ree (\d+)")
_PROBLEMS = 20  # of the pages that are damaged, as many are looked for as say which tables are hit


def sqlite_driver() -> ModuleType:
    """Return the DB-API module to use: `pysqlite3` where it is installed, else Python's own."""
    try:
        from pysqlite3 import dbapi2
    except ImportError:
        from sqlite3 import dbapi2
    return dbapi2  # type: ignore[no-any-return,unused-ignore]


def sqlite_url(path: Path) -> sa.URL:
    """Return the URL of a database file."""
    return sa.URL.create("sqlite", database=str(path))


def journal_mode() -> str:
    """Return how this SQLite keeps what is not yet in the database file: WAL, or DELETE if that is not safe."""
    return "WAL" if sqlite_driver().sqlite_version_info >= _WAL_SAFE else "DELETE"


@contextmanager
def named_failures(space: Space) -> Iterator[None]:
    """Raise the error of Tandem that says what SQLite could not do; errors of our own statements pass.

    `space` is that of the database's disk: where it is full, SQLite may speak of an "I/O error".
    """
    driver = sqlite_driver()
    try:
        yield
    except DBAPIError as error:
        if (named := _named(error.orig, space)) is not None:
            raise named from error
        raise
    except driver.Error as error:
        if (named := _named(error, space)) is not None:
            raise named from error
        raise


def _named(error: BaseException | None, space: Space) -> TandemError | None:
    extended = getattr(error, "sqlite_errorcode", None)
    code = -1 if extended is None else extended & 0xFF
    named: TandemError | None = None
    if code in (_CORRUPT, _NOT_A_DATABASE) or extended in _CORRUPT_ON_DISK:
        named = DamagedError(f"The database is damaged: {error}. Put tandem.db back from a backup.")
    elif code == _FULL or (code == _IO_ERROR and space.is_low()):
        named = StorageFullError(f"{FULL} ({error})")
    elif code == _IO_ERROR:
        named = DamagedError(f"The disk of the data folder could not be read or written: {error}.")
    elif code in (_READ_ONLY, _CANNOT_OPEN, _PERMISSION):
        named = ReadOnlyError(f"The database of the data folder cannot be opened or written: {error}.")
    elif code in (_BUSY, _LOCKED):
        named = NotReadyError(f"The database is in use by another process: {error}. Try again.")
    return named


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


class SQLite:
    """A database file, open for reading and writing: see `store.backend.Backend`."""

    def __init__(self, url: sa.URL) -> None:
        self._path = Path(str(url.database))
        self._driver = driver = sqlite_driver()
        self._statements = Statements()
        self._free: deque[Connection] = deque()  # connections for fetching that nobody uses now
        self._engine = sa.create_engine(url, module=driver, connect_args={"timeout": 30})
        sa.event.listen(self._engine, "connect", _configure)
        sa.event.listen(self._engine, "begin", _begin)
        self._writer = self._engine.execution_options(write=True)
        self._lean_writer = self._engine.execution_options(write=True, lean=True)
        self.space = Space(self._path.parent)
        self._write_lock = threading.Lock()  # threads queue here instead of in SQLite's sleeping busy handler

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one snapshot. Keep it short: an open reader pins the WAL."""
        with named_failures(self.space), self._engine.begin() as connection:
            yield connection

    def fetch(self, statement: Statement, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Return the rows of one SELECT.

        Three times as fast as `reading`, whose machinery costs a search more than SQLite does.
        """
        sql, names = self._statements.compiled(statement)
        with named_failures(self.space):
            try:
                connection = self._free.pop()
            except IndexError:
                connection = self._driver.connect(str(self._path), timeout=30, check_same_thread=False)
                _configure(connection, None)
            try:
                found = connection.execute(sql, [parameters[name] for name in names]).fetchall()
            finally:
                self._free.append(connection)
        return found

    @contextmanager
    def writing(self, *, frees: bool) -> Iterator[sa.Connection]:
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
        if journal_mode() == "WAL":
            with suppress(NotReadyError, StorageFullError), self.space.reserved_room():
                self._maintain("PRAGMA wal_checkpoint(TRUNCATE)")

    def sizes(self) -> tuple[int, int]:
        """Return how many bytes of the file are pages in use, and how many free ones."""
        names = ("page_count", "freelist_count", "page_size")
        pages, free, size = (self._maintain(f"PRAGMA {name}")[0][0] for name in names)
        return int((pages - free) * size), int(free * size)

    def write_anew(self) -> None:
        """Write the file anew, without free pages."""
        self._maintain("VACUUM")

    def faults(self) -> Iterator[str]:
        """Yield what SQLite's own checks find, and references to rows that are missing."""
        with self.reading() as connection:
            for (line,) in connection.exec_driver_sql("PRAGMA integrity_check").all():
                if line != "ok":
                    yield str(line)
            for row in connection.exec_driver_sql("PRAGMA foreign_key_check").all():
                yield f"row {row[1]} of {row[0]} refers to a missing row of {row[2]}"

    def damaged_tables(self) -> set[str] | None:
        """Return the names of the tables with pages that are damaged, those of their indexes included."""
        try:  # by a connection of its own, which has no page in memory yet
            with named_failures(self.space), closing(self._driver.connect(str(self._path))) as connection:
                found = [str(row[0]) for row in connection.execute(f"PRAGMA quick_check({_PROBLEMS})")]
                tables = connection.execute("SELECT rootpage, tbl_name FROM sqlite_master")
                roots = {row[0]: str(row[1]) for row in tables}
        except DamagedError:
            return None
        if found == ["ok"]:
            return set()
        trees = [_TREE.search(line) for line in found]
        hit = {roots.get(int(tree[1])) if tree else None for tree in trees}
        return None if None in hit else {name for name in hit if name}

    def read_ends(self, tables: Iterable[str]) -> None:
        """Read the first and the last row of each table."""
        with self.reading() as connection:
            for table, end in itertools.product(tables, ("ASC", "DESC")):
                connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY rowid {end} LIMIT 1").all()  # noqa: S608

    def close(self) -> None:
        """Close all connections."""
        while self._free:
            self._free.pop().close()
        self._engine.dispose()

    def _maintain(self, statement: str) -> list[tuple[Any, ...]]:
        """Carry out a statement outside of any transaction, without waiting for readers for long; return its rows."""
        with (
            named_failures(self.space),
            closing(self._driver.connect(str(self._path), check_same_thread=False)) as connection,
        ):
            _configure(connection, None)
            connection.execute("PRAGMA busy_timeout=100")
            rows = connection.execute(statement).fetchall()
        return list(rows)


class Statements:
    """Statements as SQL of SQLite, each compiled at its first use."""

    def __init__(self) -> None:
        self._compiled: dict[Statement, tuple[str, tuple[str, ...]]] = {}

    def compiled(self, statement: Statement) -> tuple[str, tuple[str, ...]]:
        """Return the SQL with the names of its parameters in order; they are `bindparam`s without a value."""
        found = self._compiled.get(statement)
        if found is None:
            compiled = statement.compile(dialect=sqlite.dialect())
            found = self._compiled[statement] = (str(compiled), tuple(compiled.positiontup or ()))
        return found


def _configure(connection: Connection, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy sends BEGIN itself, see `_begin`
    for pragma in (
        f"journal_mode={journal_mode()}",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=30000",
        "trusted_schema=OFF",
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("write", False):
        connection.exec_driver_sql("BEGIN")
        return
    lean = options.get("lean", False)
    connection.exec_driver_sql(f"PRAGMA secure_delete={'OFF' if lean else 'ON'}")
    connection.exec_driver_sql(f"PRAGMA cache_spill={'OFF' if lean else 'ON'}")  # pages that are freed go nowhere
    connection.exec_driver_sql("BEGIN IMMEDIATE")
