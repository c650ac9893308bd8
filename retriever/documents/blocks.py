"""What a document is once it was read: its text, and the blocks that are known of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from store.errors import UnprocessableError
from store.layout import Source

BlockKind = Literal["heading", "page", "box", "picture"]
Rectangle = tuple[int, int, int, int]


class UnreadableError(UnprocessableError):
    """The bytes hold no text that can be read; `code` says why."""


@dataclass(frozen=True, slots=True)
class Block:
    """The span `[start, end)` of a text, in characters, and what it is.

    A `heading` has a level, from 1, and a title, which holds until the next heading of its level or above. A `page` is
    what stands on the page, or slide, of that number; its source says whether it was read or recognised in a picture. A
    `box` is a line or table on a page: left, top, right, bottom, in points from the page's upper left corner. A
    `picture` is what was recognised in one that stands in a text.
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    title: str = ""
    page: int | None = None
    source: Source = "text"
    box: Rectangle | None = None


@dataclass(frozen=True)
class ReadDocument:
    """A text and its blocks, which are in the order of their beginnings and need not cover it.

    `markdown` says that the text is marked up so; `doubt` is a sentence on what of the reading is not certain;
    `pictures` is how many pictures in it may have text that was not read, and could be.
    """

    text: str
    blocks: tuple[Block, ...] = ()
    markdown: bool = False
    doubt: str | None = None
    pictures: int = 0
