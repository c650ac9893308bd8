"""XLSB: the formats of its cells. Its parts are records in binary, as [MS-XLSB] describes them."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from retriever.documents.markup.archives import Archive
from retriever.documents.sheets.number_formats import BUILT_IN, Show, show_by
from retriever.documents.sheets.xlsx import Cell

_ROW, _FORMAT, _STYLE, _SHEET = 0, 44, 47, 156
_NUMBERS = frozenset([2, 5, 9])  # cells with a number: short, long, and calculated
_STYLES_BEGIN, _STYLES_END = 617, 618
_MAIN, _STYLES = "xl/workbook.bin", "xl/styles.bin"
_CELL = struct.Struct("<II")


class XlsbLooks:
    """How the cells of an XLSB workbook are shown."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._parts = archive.relations(_MAIN)
        self._shows = self._styles()

    def cells(self, sheet: str) -> Iterator[Cell]:
        """Yield the cells of a sheet of which the format says more than the value."""
        _, target = self._parts.get(self._sheets().get(sheet, ""), ("", ""))
        if not self._shows or not self._archive.has(target):
            return
        row = 0
        for kind, data in _records(self._archive.read(target)):
            if kind == _ROW:
                (row,) = struct.unpack_from("<I", data)
            elif kind in _NUMBERS:
                column, style = _CELL.unpack_from(data)
                show = self._shows.get(style & 0xFFFFFF)
                if show is not None:
                    yield row, column, show

    def _sheets(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for kind, data in _records(self._archive.read(_MAIN)):
            if kind == _SHEET:
                relation, end = _text(data, 8)
                found[_text(data, end)[0]] = relation
        return found

    def _styles(self) -> dict[int, Show]:
        if not self._archive.has(_STYLES):
            return {}
        codes, inside, found, number = dict(BUILT_IN), False, dict[int, Show](), 0
        for kind, data in _records(self._archive.read(_STYLES)):
            if kind == _FORMAT:
                codes[struct.unpack_from("<H", data)[0]] = _text(data, 2)[0]
            elif kind in (_STYLES_BEGIN, _STYLES_END):
                inside = kind == _STYLES_BEGIN
            elif kind == _STYLE and inside:
                show = show_by(codes.get(struct.unpack_from("<H", data, 2)[0], ""))
                found |= {number: show} if show is not None else {}
                number += 1
        return found


def _records(data: bytes) -> Iterator[tuple[int, memoryview]]:
    """Yield the records of a part: the number of the kind, and what it holds."""
    view, place = memoryview(data), 0
    while place < len(data):
        kind = data[place]
        place += 1
        if kind & 0x80:
            kind, place = kind & 0x7F | data[place] << 7, place + 1
        size = shift = 0
        more = True
        while more and shift < 28:
            size |= (data[place] & 0x7F) << shift
            more, shift, place = bool(data[place] & 0x80), shift + 7, place + 1
        yield kind, view[place : place + size]
        place += size


def _text(data: memoryview, place: int) -> tuple[str, int]:
    """Return the text at a place, and where it ends."""
    (count,) = struct.unpack_from("<I", data, place)
    end = place + 4 + (2 * count if count != 0xFFFFFFFF else 0)
    return bytes(data[place + 4 : end]).decode("utf-16-le", "replace"), end
