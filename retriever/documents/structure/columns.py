"""Tables without marks, as plain text has them: columns that are set apart by tabs or by several blanks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from retriever.documents.structure.lines import Line
from store.layout import Cell

_GAP = re.compile(r"\t[ \t]*| {2}[ \t]*")
_FEWEST_COLUMNS = 3
_FEWEST_ROWS = 2
_MOST_COLUMNS = 40
_RULE = re.compile(r"[-=_ \t+]+")


@dataclass(frozen=True, slots=True)
class Columns:
    """The rows of such a table, with their cells, and its header if it has one."""

    header: Line | None
    rows: Sequence[tuple[Line, tuple[Cell, ...]]]


def columns_of(lines: Sequence[Line]) -> Columns | None:
    """Return the table that these lines are, None if they are none: each must have as many cells as the first."""
    spans = [_cells(line) for line in lines]
    width = len(spans[0])
    solid = [number for number, line in enumerate(lines) if not _RULE.fullmatch(line.text)]
    if not _FEWEST_COLUMNS <= width <= _MOST_COLUMNS or len(solid) <= _FEWEST_ROWS or solid[0] != 0:
        return None
    if any(len(spans[number]) != width for number in solid):
        return None
    names = [lines[0].text[start:end] for start, end in spans[0]]
    has_header = solid[1] != 1 or not any(any(each.isdigit() for each in name) for name in names)
    rows = [(lines[number], _named(lines[number], spans[number], names if has_header else ())) for number in solid]
    return Columns(lines[0], rows[1:]) if has_header else Columns(None, rows)


def _cells(line: Line) -> list[tuple[int, int]]:
    found = []
    place = 0
    for gap in _GAP.finditer(line.text):
        found.append((place, gap.start()))
        place = gap.end()
        if len(found) > _MOST_COLUMNS:
            break
    return [*found, (place, len(line.text))]


def _named(line: Line, spans: Sequence[tuple[int, int]], names: Sequence[str]) -> tuple[Cell, ...]:
    columns = [*names, *[""] * (len(spans) - len(names))]
    return tuple(
        Cell(column.rstrip(":："), line.start + start, line.start + end, line.text[start:end])
        for column, (start, end) in zip(columns, spans, strict=True)
    )
