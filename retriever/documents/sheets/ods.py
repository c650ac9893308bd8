"""ODS: how its cells are shown, which stands beside their values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from retriever.documents.markup.archives import Archive, Target
from retriever.documents.sheets.xlsx import Cell

_CONTENT = "content.xml"
_GROUPED = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3}){1,9}(?:\.[0-9]{1,20})?")
_SPELLED = re.compile(r"[^\W\d_]")
_MOST_REPEATED = 10_000  # cells of which one says that it stands there several times


class OdsLooks:
    """How the cells of an ODS workbook are shown."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._found: _Content | None = None

    def cells(self, sheet: str) -> Iterator[Cell]:
        """Yield the cells of a sheet that are shown as more than their value."""
        if self._found is None:
            self._found = _Content()
            self._archive.feed(_CONTENT, self._found)
        yield from self._found.cells.get(sheet, ())


class _Content(Target):
    """Takes the elements of the workbook as they come: as a tree they would not fit into memory."""

    def __init__(self) -> None:
        self.cells: dict[str, list[Cell]] = {}
        self._sheet: list[Cell] = []
        self._row = self._next_row = self._column = self._next_column = 0
        self._kind = ""
        self._text: list[str] = []
        self._is_cell = self._in_text = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take the beginning of an element."""
        name = tag.rpartition("}")[2]
        if name == "table":
            given = next((text for key, text in attributes.items() if key.endswith("table:1.0}name")), "")
            self._sheet = self.cells.setdefault(given, [])
            self._next_row = 0
        elif name == "table-row":
            self._row = self._next_row
            self._next_row += _repeated(attributes, "rows")
            self._next_column = 0
        elif name in ("table-cell", "covered-table-cell"):
            self._column = self._next_column
            self._next_column += _repeated(attributes, "columns")
            kinds = (text for key, text in attributes.items() if key.endswith("office:1.0}value-type"))
            self._kind, self._text, self._is_cell = next(kinds, ""), [], True
        elif name == "p":
            self._in_text = self._is_cell
        elif name == "annotation":
            self._is_cell = self._in_text = False

    def data(self, text: str) -> None:
        """Take text."""
        if self._in_text:
            self._text.append(text)

    def end(self, tag: str) -> None:
        """Take the end of an element."""
        name = tag.rpartition("}")[2]
        if name == "p":
            self._in_text = False
        elif name == "annotation":
            self._is_cell = True
        elif name in ("table-cell", "covered-table-cell"):
            self._is_cell = False
            if (shown := _shown(self._kind, "".join(self._text).strip())) is not None:
                self._add(shown)

    def _add(self, shown: str) -> None:
        show = partial(_always, shown)
        places = ((r, c) for r in range(self._row, self._next_row) for c in range(self._column, self._next_column))
        self._sheet += [(r, c, show) for (r, c), _ in zip(places, range(_MOST_REPEATED), strict=False)]


def _shown(kind: str, text: str) -> str | None:
    """Return what stands in a cell, None where the value says as much, or says it without doubt."""
    if kind == "percentage":
        return re.sub(r"[ \u00a0\u202f]{1,5}%", "%", text) or None
    if kind == "currency" or (kind == "float" and _GROUPED.fullmatch(text)):
        return text or None
    return text if kind == "date" and _SPELLED.search(text.replace("T", "")) else None


def _always(shown: str, value: object) -> str:
    del value
    return shown


def _repeated(attributes: dict[str, str], what: str) -> int:
    given = next((text for key, text in attributes.items() if key.endswith(f"number-{what}-repeated")), "1")
    return int(given) if given.isdigit() and len(given) < 8 else 1
