"""XLS: the formats of its cells. It is a stream of records in an OLE container, as [MS-XLS] describes them."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import olefile

from retriever.documents.sheets.number_formats import BUILT_IN, Show, show_by
from retriever.documents.sheets.xlsx import Cell

_END, _BEGIN = 0x000A, 0x0809
_FORMAT, _STYLE, _SHEET = 0x041E, 0x00E0, 0x0085
_NUMBER, _SHORT, _SHORTS, _FORMULA = 0x0203, 0x027E, 0x00BD, 0x0006
_BIFF8 = 0x0600
_HEAD = struct.Struct("<HH")
_CELL = struct.Struct("<HHH")


class XlsLooks:
    """How the cells of an XLS workbook are shown; of workbooks from before 1997 nothing is known."""

    def __init__(self, data: bytes) -> None:
        self._stream = _workbook(data)
        self._sheets: dict[str, int] = {}
        self._shows: dict[int, Show] = {}
        if self._stream and struct.unpack_from("<H", self._stream, 4)[0] == _BIFF8:
            self._read_globals()

    def cells(self, sheet: str) -> Iterator[Cell]:
        """Yield the cells of a sheet of which the format says more than the value."""
        if not self._shows or sheet not in self._sheets:
            return
        for kind, data in _records(self._stream, self._sheets[sheet]):
            if kind in (_NUMBER, _SHORT, _FORMULA):
                row, column, style = _CELL.unpack_from(data)
                styles = [style]
            elif kind == _SHORTS:
                row, column = _HEAD.unpack_from(data)
                styles = [struct.unpack_from("<H", data, place)[0] for place in range(4, len(data) - 2, 6)]
            else:
                continue
            for number, style in enumerate(styles):
                if style in self._shows:
                    yield row, column + number, self._shows[style]

    def _read_globals(self) -> None:
        codes, styles = dict(BUILT_IN), list[int]()
        for kind, data in _records(self._stream, 0):
            if kind == _FORMAT:
                number, count, wide = struct.unpack_from("<HHB", data)
                codes[number] = _decoded(data, 5, count, wide)
            elif kind == _STYLE:
                styles.append(struct.unpack_from("<H", data, 2)[0])
            elif kind == _SHEET:
                place, _, count, wide = struct.unpack_from("<IHBB", data)
                self._sheets[_decoded(data, 8, count, wide)] = place
        shows = (show_by(codes.get(number, "")) for number in styles)
        self._shows = {number: show for number, show in enumerate(shows) if show is not None}


def _workbook(data: bytes) -> bytes:
    with olefile.OleFileIO(io.BytesIO(data)) as container:
        if not container.exists("Workbook"):
            return b""
        return bytes(container.openstream("Workbook").read())


def _records(stream: bytes, place: int) -> Iterator[tuple[int, memoryview]]:
    """Yield the records from a place to the end of that part of the stream: kind, and what it holds."""
    view, depth = memoryview(stream), 0
    while place + _HEAD.size <= len(stream):
        kind, size = _HEAD.unpack_from(stream, place)
        yield kind, view[place + _HEAD.size : place + _HEAD.size + size]
        depth += (kind == _BEGIN) - (kind == _END)
        if kind == _END and depth <= 0:  # a chart in the sheet is a part in the part
            return
        place += _HEAD.size + size


def _decoded(data: memoryview, place: int, count: int, wide: int) -> str:
    return bytes(data[place:]).decode("utf-16-le" if wide & 1 else "latin-1", "replace")[:count]
