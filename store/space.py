"""Room on the disk: how much is free, when a write is refused, and the reserve that lets a deletion through.

SQLite needs room to delete: the pages it changes are written a second time. So a file of a few megabytes, the ballast,
lies in the data folder, and is removed while something is deleted on a disk that is full. What makes the folder grow
is refused before the disk is full, so that what must be written to run (jobs, releases, the ends of both) still fits.
"""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from store.errors import ReadOnlyError, StorageFullError

FULL = "The disk of the data folder is full. Delete documents or domains, or make room on it otherwise."
BALLAST = "BALLAST"
_LEAST, _MOST = 1 << 20, 4 << 20  # bytes of the ballast
_SHARE = 16  # of a small disk the ballast takes at most this part
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NOT_ALLOWED = (errno.EROFS, errno.EACCES, errno.EPERM)
_LOG = logging.getLogger("tandem")


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


@dataclass(frozen=True)
class Space:
    """The room on the disk of a data folder, in bytes."""

    root: Path

    def free(self) -> int:
        """Return how much this user may still write."""
        found = os.statvfs(self.root)
        return found.f_bavail * found.f_frsize

    @property
    def reserve(self) -> int:
        """Return the size of the ballast, which is also how much must stay free beside it."""
        found = os.statvfs(self.root)
        return max(_LEAST, min(_MOST, found.f_blocks * found.f_frsize // _SHARE))

    def shortage(self) -> str | None:
        """Return a sentence that says what is wrong and what to do if there is no room to grow, else None."""
        return FULL if self.is_low() else None

    def is_low(self) -> bool:
        """Return whether nothing that makes the folder grow is taken any more."""
        return self.free() < self._margin()

    def is_scarce(self) -> bool:
        """Return whether so little is left that the log of the database should not wait for room in the database."""
        return self.free() < 8 * self.reserve

    def require(self, wanted: int) -> None:
        """Raise `StorageFullError` unless so many bytes fit and enough stays free; then the ballast is made anew."""
        free = self.free()
        if free - wanted < self._margin():
            raise StorageFullError(f"{FULL} {wanted} bytes were to be written, {free} are free.")
        self.make_ballast()

    def _margin(self) -> int:
        """Return what must stay free: the reserve, and as much again while the ballast is not in its place."""
        return self.reserve if self._has_ballast() else 2 * self.reserve

    def _has_ballast(self) -> bool:
        try:
            return (self.root / BALLAST).stat().st_size >= self.reserve
        except FileNotFoundError:
            return False

    def make_ballast(self, *, of_the_rest: bool = False) -> None:
        """Reserve the room that deletions need if as much stays free beside it, or `of_the_rest` what there is."""
        free = self.free()
        size = min(self.reserve, free) if of_the_rest else self.reserve
        if self._has_ballast() or size <= 0 or not (of_the_rest or free >= 2 * size):
            return
        descriptor = os.open(self.root / BALLAST, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, size)
        except OSError as error:  # another process was quicker to take the room, or the file system cannot do it
            _LOG.warning("no room could be reserved for deletions on a full disk: %s", error.strerror)
        finally:
            os.close(descriptor)

    def release_ballast(self) -> None:
        """Give the reserved room back to the disk."""
        with suppress(OSError):
            (self.root / BALLAST).unlink(missing_ok=True)

    @contextmanager
    def reserved_room(self) -> Iterator[bool]:
        """Release the ballast for the time of the context if the disk is full, and say whether it is."""
        low = self.is_low()
        there = low and (self.root / BALLAST).exists()  # else it was released for a longer time, as at a start
        if there:
            self.release_ballast()
        try:
            yield low
        finally:
            if there:
                self.make_ballast(of_the_rest=True)
