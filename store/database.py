"""The database: opening by URL, migrating, reading, writing. What a kind of database does is in its backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from store.backend import Backend, Statement
from store.errors import FolderError, InvalidInputError
from store.space import Space
from store.sqlite import SQLite

if TYPE_CHECKING:
    from alembic.config import Config

_T = TypeVar("_T")
_BATCH = 500
_MIGRATIONS = Path(__file__).parent / "migrations"
BACKENDS: Mapping[str, Callable[[sa.URL], Backend]] = MappingProxyType({"sqlite": SQLite})


@dataclass(frozen=True, eq=False)
class Prepared:
    """A SELECT that every request asks; its parameters are `bindparam`s without a value."""

    statement: Statement


class Database:
    """An open database. `read()` and `write()` give a connection inside a transaction."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    @classmethod
    def at(cls, url: sa.URL) -> Database:
        """Open the database at a URL, or raise `InvalidInputError` that names the kinds of databases there are."""
        kind = url.get_backend_name()
        if kind not in BACKENDS:
            raise InvalidInputError(f"There is no database {kind!r} for Tandem; it takes {', '.join(BACKENDS)}.")
        return cls(BACKENDS[kind](url))

    @property
    def space(self) -> Space:
        """The room on the disk that the database grows on."""
        return self.backend.space

    def read(self) -> AbstractContextManager[sa.Connection]:
        """Give a connection that sees one snapshot. Keep it short: an open reader keeps the log from being emptied."""
        return self.backend.reading()

    def fetch(self, query: Prepared, **parameters: object) -> list[tuple[Any, ...]]:
        """Return the rows of one SELECT, which is one snapshot, as the driver gives them: JSON is text.

        Several times as fast as `read`; the statement is compiled for this database at its first use.
        """
        return self.backend.fetch(query.statement, parameters)

    def write(self, *, frees: bool = False) -> AbstractContextManager[sa.Connection]:
        """Give the connection of a write transaction: committed and durable at the end, undone on an exception.

        One that `frees` room gets through on a full disk.
        """
        return self.backend.writing(frees=frees)

    def empty_log(self) -> None:
        """Let nothing of what was deleted stay in the log; if a reader is in the way, next time."""
        self.backend.empty_log()

    def migrate(self) -> None:
        """Bring the schema to the newest version, in one transaction; `FolderError` if a newer Tandem made it."""
        if self.is_current():  # as it nearly always is: alembic would take half a second to say so
            return
        from alembic import command
        from alembic.migration import MigrationContext

        known = self.versions()
        config = _migrations()
        with self.write() as connection:
            present = MigrationContext.configure(connection).get_current_revision()
            if present not in (None, *known):
                raise FolderError(
                    f"{connection.engine.url.database} has the schema {present}; this version of Tandem knows "
                    f"{known[-1]} to {known[0]}. Use the version that wrote it, or a newer one."
                )
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def is_current(self) -> bool:
        """Return whether the schema is the newest one."""
        with self.read() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return False
            present: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        return present == self.newest()

    @staticmethod
    def newest() -> str:
        """Return the newest version of the schema: with what the name of the last migration's file begins."""
        return max(path.name.partition("_")[0] for path in _MIGRATIONS.glob("versions/[0-9]*.py"))

    @staticmethod
    def versions() -> list[str]:
        """Return the versions of the schema that are known, the newest first."""
        from alembic.script import ScriptDirectory

        return [script.revision for script in ScriptDirectory.from_config(_migrations()).walk_revisions()]

    def close(self) -> None:
        """Close all connections."""
        self.backend.close()


def _migrations() -> Config:
    """Return where alembic finds the migrations."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


def batches(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """Yield the items in parts that fit into one statement, below every database's limit of bound parameters."""
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]
