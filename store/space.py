"""Room on the disk: what a full one is called, how much is free, and the reserve that lets a deletion through."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from store.errors import ReadOnlyError, StorageFullError

FULL = "The disk of the data folder is full. Delete documents or domains, or make room on it otherwise."
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NOT_ALLOWED = (errno.EROFS, errno.EACCES, errno.EPERM)


@contextmanager
def named_file_failures() -> Iterator[None]:
    """Raise the error of Tandem that says why a file of the data folder could not be written."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StorageFullError(FULL) from error
        if error.errno in _NOT_ALLOWED:
            raise ReadOnlyError(f"The data folder cannot be written: {error.strerror}.") from error
        raise
