"""How a passage is laid out: the statements it consists of, and what else of its document each needs to be understood.

A passage is an exact span of its document; its content, which is embedded, indexed and read, is that span as it is
meant: without the line breaks of hard-wrapped text, each table row with the names of its columns, with its heading path
and its context in front. A layout says which characters of the content stand for which characters of the document.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

ContextKind = Literal["lead_in", "header", "question", "title", "clause"]
StatementKind = Literal["prose", "item", "row", "answer", "code", "question"]
Source = Literal["text", "ocr"]
_CONTEXTS: tuple[ContextKind, ...] = get_args(ContextKind)
_STATEMENTS: tuple[StatementKind, ...] = get_args(StatementKind)  # stored by place: a new kind goes to the end


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
class Box:
    """A rectangle on a page that a passage stands in, in points from the page's upper left corner."""

    page: int
    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The statements of a passage in order, and the further spans that they name, whether in the passage or not.

    `source` says whether its words were read, or recognised in a picture, which can go wrong; `boxes` where they stand.
    """

    statements: tuple[Statement, ...] = ()
    context: tuple[ContextSpan, ...] = ()
    source: Source = "text"
    boxes: tuple[Box, ...] = ()


def layout_as_text(layout: Layout, start: int) -> str:
    """Return a layout as it is stored with a passage that begins at `start`: short, with places counted from there.

    The texts of cells are not stored: the passage has them.
    """
    tables = list(dict.fromkeys(tuple(cell.column for cell in each.cells) for each in layout.statements if each.cells))
    parts: _Stored = [
        [[_CONTEXTS.index(each.kind), each.start - start, each.end - start, each.quote] for each in layout.context],
        tables,
        [_stored(each, start, tables) for each in layout.statements],
    ]
    if layout.boxes or layout.source != "text":  # most documents have no pages, and all layouts once lacked this
        parts.append([layout.source, [[each.page, *_sides(each)] for each in layout.boxes]])
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))


def read_layout(stored: str, start: int, text: str) -> Layout:
    """Return the layout that `layout_as_text` gave of a passage with this beginning and text."""
    context, tables, statements, *origin = json.loads(stored)
    source, boxes = cast("tuple[Source, _Stored]", origin[0] if origin else ("text", []))
    return Layout(
        tuple(_read(each, start, text, tables) for each in statements),
        tuple(ContextSpan(_CONTEXTS[kind], begin + start, end + start, quote) for kind, begin, end, quote in context),
        source,
        tuple(Box(*each) for each in boxes),
    )


def unescaped(cell: str) -> str:
    """Return the text of a cell as it is meant: a pipe in it is written `\\|`."""
    return cell.replace("\\|", "|")


_Stored = list[Any]  # numbers, and lists of them


def _sides(box: Box) -> tuple[int, int, int, int]:
    return box.left, box.top, box.right, box.bottom


def _stored(statement: Statement, start: int, tables: list[tuple[str, ...]]) -> _Stored:
    kind, spans = _STATEMENTS.index(statement.kind), (statement.start - start, statement.end - start)
    row: _Stored = [kind, *spans, statement.shown_start, statement.shown_end, list(statement.context)]
    if statement.cells:
        places = [place - start for cell in statement.cells for place in (cell.start, cell.end)]
        row += [tables.index(tuple(cell.column for cell in statement.cells)), places]
    return row


def _read(stored: _Stored, start: int, text: str, tables: list[list[str]]) -> Statement:
    kind, begin, end, shown_start, shown_end, context, *table = stored
    cells: tuple[Cell, ...] = ()
    if table:
        columns, places = tables[table[0]], table[1]
        cells = tuple(
            Cell(column, first + start, last + start, unescaped(text[first:last]))
            for column, first, last in zip(columns, places[::2], places[1::2], strict=True)
        )
    return Statement(
        _STATEMENTS[kind],
        begin + start,
        end + start,
        shown_start,
        shown_end,
        tuple(context),
        cells,
    )
