"""What SQLite refuses, as the errors of Tandem: one place that knows its codes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from sqlalchemy.exc import DBAPIError

from store.errors import DamagedError, NotReadyError, ReadOnlyError, StorageFullError, TandemError
from store.space import FULL, Space

_CORRUPT, _NOT_A_DATABASE = 11, 26
_FULL, _IO_ERROR = 13, 10
_READ_ONLY, _CANNOT_OPEN, _PERMISSION = 8, 14, 3
_BUSY, _LOCKED = 5, 6
_CORRUPT_ON_DISK = {522, 8458}  # a short read, a bad checksum: the file ends where a page should be


def sqlite_driver() -> ModuleType:
    """Return the DB-API module to use: `pysqlite3` where it is installed, else Python's own."""
    try:
        from pysqlite3 import dbapi2
    except ImportError:
        from sqlite3 import dbapi2
    return dbapi2  # type: ignore[no-any-return,unused-ignore]


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
