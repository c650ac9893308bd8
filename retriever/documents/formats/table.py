"""The table of formats: what a file of each is called, how it begins, which module reads it, and within which limits.

A new format is a module with `read(data: bytes) -> ReadDocument` and a row here. The module is imported in the process
that reads (see `retriever.documents.reading`), so whatever library it needs is loaded there alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from retriever.documents.blocks import UnreadableError

_MB = 1_000_000


@dataclass(frozen=True)
class Limits:
    """What reading one document may take; `_per_mb` is allowed in addition for each million bytes of the original."""

    memory_mb: int = 1000
    memory_mb_per_mb: int = 40
    cpu_s: int = 20
    cpu_s_per_mb: int = 4
    wall_s: int = 45
    wall_s_per_mb: int = 8
    answer_mb: int = 10
    answer_mb_per_mb: int = 10

    def memory(self, size: int) -> int:
        """Return the bytes of address space for a document of this size."""
        return self.memory_mb * _MB + self.memory_mb_per_mb * size

    def cpu(self, size: int) -> int:
        """Return the seconds of computing for a document of this size."""
        return self.cpu_s + self.cpu_s_per_mb * size // _MB

    def wall(self, size: int) -> int:
        """Return the seconds on the clock for a document of this size."""
        return self.wall_s + self.wall_s_per_mb * size // _MB

    def answer(self, size: int) -> int:
        """Return the bytes of text and blocks that a document of this size may give."""
        return self.answer_mb * _MB + self.answer_mb_per_mb * size


@dataclass(frozen=True)
class Format:
    """A format of documents.

    `magic` are the bytes that a file of it begins with, one of them, if it begins in a known way. Documents of an
    `alone` format get a process each, as those must that a library parses; what is only decoded shares one. With
    `tells_doubt` the module has `doubt(data: bytes) -> str | None`, which is asked as soon as a document arrives.
    """

    name: str
    suffixes: tuple[str, ...]
    media_type: str
    reader: str
    magic: tuple[bytes, ...] = ()
    limits: Limits = Limits()
    alone: bool = True
    tells_doubt: bool = False


PLAIN_TEXT = Format(
    "plain text", (".txt", ".text"), "text/plain", "retriever.documents.formats.plain_text",
    alone=False, tells_doubt=True,
)  # fmt: skip
MARKDOWN = Format(
    "Markdown", (".md", ".markdown"), "text/markdown", "retriever.documents.formats.markdown",
    alone=False, tells_doubt=True,
)  # fmt: skip
FORMATS = (PLAIN_TEXT, MARKDOWN)


def format_of_file(name: str, formats: Sequence[Format] = FORMATS) -> Format:
    """Return the format of a file with this name; raise `UnreadableError` for what cannot be read."""
    suffix = PurePath(name).suffix.lower()
    for each in formats:
        if suffix in each.suffixes:
            return each
    known = ", ".join(sorted(suffix for each in formats for suffix in each.suffixes))
    raise UnreadableError(
        f"Files of type {suffix or 'without ending'} are not supported; send {known}.",
        code="unsupported_type",
        param="files",
    )


def format_of_type(media_type: str, formats: Sequence[Format] = FORMATS) -> Format:
    """Return the format of this media type; of one that is not in the table the bytes are read as plain text."""
    return next((each for each in formats if each.media_type == media_type), PLAIN_TEXT)
