"""What a container is: a row of the table beside this, and the records that it makes of files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from store.errors import InvalidInputError
from tuner.data.record import Problem, Record


@dataclass(frozen=True)
class DataFile:
    """A file as it was given: its name, of which folders are left out, and its bytes."""

    name: str
    data: bytes

    @property
    def base(self) -> str:
        """The name without folders, in lower case."""
        return PurePosixPath(self.name.replace("\\", "/")).name.casefold()

    @property
    def suffix(self) -> str:
        """The end of the name from its last dot, in lower case."""
        return PurePosixPath(self.base).suffix


@dataclass(frozen=True)
class Container:
    """A way to hold records in one file, or in several that belong together.

    `takes` says whether these files are such. `records` yields their records in order; what cannot be read of them is
    appended to the list of problems, and the next record follows.
    """

    name: str
    takes: Callable[[Sequence[DataFile]], bool]
    records: Callable[[Sequence[DataFile], list[Problem]], Iterator[Record]]


def decoded(file: DataFile) -> str:
    """Return the text of a file without a byte order mark, or raise `InvalidInputError`."""
    try:
        return file.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = file.data[: error.start].count(b"\n") + 1
        message = f"the file is not UTF-8: line {line} has the byte 0x{file.data[error.start]:02x}"
        raise refused(f"{message}. Save it as UTF-8") from error


def refused(said: str) -> InvalidInputError:
    """Return what refuses a file as a whole."""
    return InvalidInputError(f"The data set was not stored: {said}.", code="invalid_dataset", param="file")
