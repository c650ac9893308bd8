"""What Tandem asks of a database beyond SQL: transactions, quick reads, and keeping its files whole and small.

A kind of database is a module with a class like this, and a row in `store.database.BACKENDS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeAlias

import sqlalchemy as sa

from store.space import Space

Statement: TypeAlias = sa.SelectBase | sa.TextClause


class Backend(Protocol):
    """An open database of some kind. All of its methods raise the errors of Tandem where the database refuses."""

    @property
    def space(self) -> Space:
        """The room on the disk that the database grows on."""
        ...

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """Give a connection that sees one snapshot."""
        ...

    def writing(self, *, frees: bool) -> AbstractContextManager[sa.Connection]:
        """Give a connection in a transaction that is durable at its end; one that `frees` room needs none."""
        ...

    def fetch(self, statement: Statement, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Return the rows of one SELECT as the driver gives them, JSON as text; it is compiled at its first use."""
        ...

    def empty_log(self) -> None:
        """Let nothing of what was deleted stay in a log, as far as that can be done now."""
        ...

    def sizes(self) -> tuple[int, int]:
        """Return how many bytes of the files are in use, and how many are free for later."""
        ...

    def write_anew(self) -> None:
        """Write the files anew, without what was deleted; needs as much room as is in use."""
        ...

    def faults(self) -> Iterator[str]:
        """Yield what is wrong with the database itself, a sentence each; reads all of it."""
        ...

    def damaged_tables(self) -> set[str] | None:
        """Return the names of the tables that cannot be read as a whole, None if even that cannot be told."""
        ...

    def read_ends(self, tables: Iterable[str]) -> None:
        """Read the first and the last row of each table."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...
