"""What a format of data set files is: a row of the table in `tuner.data.formats`, and the examples that it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from store.examples import Content


@dataclass(frozen=True)
class ReadExample:
    """An example as a file has it: in which line, under which key of its own, about which documents by external id."""

    line: int
    key: str | None
    content: Content
    documents: list[str]
    split: str | None


@dataclass(frozen=True)
class Format:
    """A format of files, and the kind of data set that one becomes.

    `read` yields the examples of a file's bytes in order. What is wrong with a line it appends to the list of errors,
    as a sentence that begins with the line, and goes on with the next.
    """

    name: str
    kind: str
    read: Callable[[bytes, list[str]], Iterator[ReadExample]]
