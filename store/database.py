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
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

_T = TypeVar("_T")
_BATCH = 500
_WAL_SAFE = (3, 51, 3)


def sqlite_driver() -> ModuleType:
    """Return the DB-API module to use: `pysqlite3` where it is installed, else Python's own."""
    try:
        from pysqlite3 import dbapi2
    except ImportError:
        from sqlite3 import dbapi2
    return dbapi2  # type: ignore[no-any-return,unused-ignore]


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
        self._write_lock = threading.Lock()  # threads queue here instead of in SQLite's sleeping busy handler

    def _configure(self, connection: Any, _record: object) -> None:
        connection.isolation_level = None  # SQLAlchemy sends BEGIN itself, see `_begin`
        for pragma in (
            f"journal_mode={self.journal_mode}",
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=30000",
            "trusted_schema=OFF",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one snapshot. Keep it short: an open reader pins the WAL."""
        with self._engine.begin() as connection:
            yield connection

    def fetch(self, query: Prepared, **parameters: Any) -> list[tuple[Any, ...]]:
        """Return the rows of one SELECT, which is one snapshot, as the driver gives them: JSON is text.

        Three times as fast as `read`, whose machinery costs a search more than SQLite does.
        """
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
    def write(self) -> Iterator[sa.Connection]:
        """Give the connection of a write transaction: committed and durable at the end, undone on an exception."""
        with self._write_lock, self._writer.begin() as connection:
            yield connection

    def migrate(self) -> None:
        """Bring the schema to the newest version, in one transaction."""
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def close(self) -> None:
        """Close all connections."""
        while self._free:
            self._free.pop().close()
        self._engine.dispose()


def batches(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """Yield the items in parts that fit into one statement, below every SQLite's limit of bound parameters."""
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]


def _begin(connection: sa.Connection) -> None:
    immediate = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
