"""Pipe tables: their columns, and the cells of their rows with exact spans."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from retriever.documents.structure.inline import shown
from retriever.documents.structure.lines import Line
from store.layout import Cell, unescaped

_MOST_COLUMNS = 100  # a line with more pipes is no row
_DELIMITER = re.compile(r"[ \t|:+-]*-[ \t|:+-]*")
_DELIMITER_CELL = re.compile(r":?-+:?")
_PIPE = re.compile(r"(?<!\\)(?:\\\\)*\|")


@dataclass(frozen=True, slots=True)
class Table:
    """The names of the columns of a table, and its header, if it has one."""

    columns: tuple[str, ...]
    header: Line | None


def is_row(line: Line) -> bool:
    """Return whether a line may be a row: it has a pipe that is not escaped, and not too many."""
    return "|" in line.text and line.text.count("|") <= _MOST_COLUMNS and _PIPE.search(line.text) is not None


def is_delimiter(line: Line) -> bool:
    """Return whether a line separates the header of a table from its rows."""
    if "-" not in line.text or "|" not in line.text or len(line.text) > 50 * _MOST_COLUMNS:
        return False
    if not _DELIMITER.fullmatch(line.text):
        return False
    cells = [line.text[start:end].strip() for start, end in _spans(line)]
    return all(_DELIMITER_CELL.fullmatch(cell) for cell in cells if cell) and any(cells)


def is_boxed(line: Line) -> bool:
    """Return whether a line begins and ends with a pipe, as rows do in a table that has lost its delimiter."""
    return line.text.startswith("|") and line.text.endswith("|") and line.text.count("|") >= 3 and is_row(line)


def table_of(header: Line, *, markdown: bool) -> Table:
    """Return the table with this header."""
    names = (shown(unescaped(header.text[start:end]), markdown=markdown) for start, end in _spans(header))
    return Table(tuple(name.rstrip(":：") for name in names), header)


def cells_of(line: Line, table: Table) -> tuple[Cell, ...]:
    """Return the cells of a row, one for each column; those that the row lacks are empty."""
    spans = list(_spans(line))
    found = []
    for number in range(max(len(table.columns), len(spans))):
        start, end = spans[number] if number < len(spans) else (len(line.text), len(line.text))
        raw = line.text[start:end]
        start += len(raw) - len(raw.lstrip())
        end = max(start, end - (len(raw) - len(raw.rstrip())))
        column = table.columns[number] if number < len(table.columns) else ""
        found.append(Cell(column, line.start + start, line.start + end, unescaped(line.text[start:end])))
    return tuple(found)


def row_text(cells: tuple[Cell, ...], first: Cell, *, cjk: bool, markdown: bool) -> str:
    """Return cells as they are shown, each behind its column; the `first` of the row, which names it, before them."""
    colon, semicolon = ("：", "；") if cjk else (": ", "; ")
    shown_cells = (first, *cells) if first not in cells else cells
    parts = []
    for cell in shown_cells:
        said = shown(cell.text, markdown=markdown) or "-"
        if cell.column:
            parts.append(f"{cell.column}{colon}{said}")
        elif said != "-":
            parts.append(said)
    return semicolon.join(parts)


def _spans(line: Line) -> Iterator[tuple[int, int]]:
    """Yield the spans of the cells of a line, in its text; the pipes around it make no empty cells."""
    text = line.text
    place = 1 if text.startswith("|") else 0
    for match in _PIPE.finditer(text, place):
        yield place, match.end() - 1
        place = match.end()
    if place < len(text):
        yield place, len(text)
