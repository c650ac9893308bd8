"""How a passage is laid out: the statements it consists of, and what else of its document each needs to be understood.

A passage is an exact span of its document; its content, which is embedded, indexed and read, is that span as it is
meant: without the line breaks of hard-wrapped text, each table row with the names of its columns, with its heading path
and its context in front. A layout says which characters of the content stand for which characters of the document.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ContextKind = Literal["lead_in", "header", "question", "title", "clause"]
StatementKind = Literal["prose", "item", "row", "answer", "code", "question"]


@dataclass(frozen=True, slots=True)
class ContextSpan:
    """Another span `[start, end)` of the document, `quote` its text, and what it is to the statements that need it.

    The line before a list, or the step above a sub-step, is a `lead_in`; the row of column names a `header`; a caption
    or heading a `title`; the question that an answer belongs to a `question`; the sentence that a numbered part
    completes a `clause`.
    """

    kind: ContextKind
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table row: `[start, end)` in the document, empty where the cell is, under the name of its column."""

    column: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What can be said by itself: `[start, end)` in the document, `[shown_start, shown_end)` in the passage's content.

    `context` are places in the layout's context, outermost first. Only a `row` has cells; its first names the row.
    """

    kind: StatementKind
    start: int
    end: int
    shown_start: int
    shown_end: int
    context: tuple[int, ...] = ()
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """The statements of a passage in order, and the further spans that they name, whether in the passage or not."""

    statements: tuple[Statement, ...] = ()
    context: tuple[ContextSpan, ...] = ()
