"""OLE containers made by hand, and what is in them: Outlook messages, and workbooks as they were before 2007."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence

_SECTOR, _MINI, _CUTOFF = 512, 64, 4096
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_STORAGE, _STREAM, _ROOT = 1, 2, 5
Value = str | float | None
Cell = Value | tuple[float, str]  # with the code of its format


def ole(streams: Mapping[str, bytes]) -> bytes:
    """Return a container of these streams, whose names are paths: `folder/stream`."""
    return _Container(streams).made()


class _Container:
    """The directory first, then the streams: short ones in pieces of 64 bytes, others in sectors, the table last."""

    def __init__(self, streams: Mapping[str, bytes]) -> None:
        self._streams = dict(streams)
        self._names = [""]
        for path in streams:
            parts = path.split("/")
            self._names += [name for n in range(1, len(parts) + 1) if (name := "/".join(parts[:n])) not in self._names]
        self._table: list[int] = []
        self._sectors = b""

    def made(self) -> bytes:
        """Return the bytes of the container."""
        short, starts, mini_table = b"", dict[str, int](), list[int]()
        for name, data in self._streams.items():
            if len(data) < _CUTOFF:
                starts[name] = len(mini_table) if data else _END
                mini_table += _chain(len(mini_table), -(-len(data) // _MINI))
                short += _padded(data, _MINI)
            else:
                starts[name] = self._add(data)
        starts[""] = self._add(short)
        minis = self._add(struct.pack(f"<{len(mini_table)}I", *mini_table), b"\xff")
        directory = self._add(b"".join(self._entry(name, starts, len(short)) for name in self._names))
        fats = 1
        while fats * _SECTOR // 4 < len(self._table) + fats:
            fats += 1
        first = len(self._table)
        table = [*self._table, *[_FAT] * fats]
        fat = _padded(struct.pack(f"<{len(table)}I", *table), _SECTOR, b"\xff")
        head = struct.pack("<8s16xHHHHH6xIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6, 0,
                           fats, directory, 0, _CUTOFF, minis, -(-len(mini_table) * 4 // _SECTOR), _END, 0)  # fmt: skip
        places = [*range(first, first + fats), *[_FREE] * 109][:109]
        return head + struct.pack("<109I", *places) + self._sectors + fat

    def _add(self, data: bytes, fill: bytes = b"\0") -> int:
        """Store bytes in sectors; return the first of them."""
        start = len(self._table)
        self._table += _chain(start, -(-len(data) // _SECTOR))
        self._sectors += _padded(data, _SECTOR, fill)
        return start if data else _END

    def _entry(self, path: str, starts: Mapping[str, int], short: int) -> bytes:
        """Return the entry of a stream or folder: those of one folder are a chain, each right of the one before."""
        ordered = (
            sorted(self._inside(path.rpartition("/")[0]), key=lambda each: (len(each), each.upper())) if path else []
        )
        place = ordered.index(path) + 1 if path else 0
        right = self._names.index(ordered[place]) if place < len(ordered) else _FREE
        children = sorted(self._inside(path), key=lambda each: (len(each), each.upper()))
        child = self._names.index(children[0]) if children and path not in self._streams else _FREE
        name = (path.rpartition("/")[2] or "Root Entry").encode("utf-16-le") + b"\0\0"
        kind = _STREAM if path in self._streams else _STORAGE if path else _ROOT
        size = len(self._streams[path]) if path in self._streams else 0 if path else short
        return struct.pack("<64sHBBIII16xI8x8xIQ", name, len(name), kind, 1, _FREE, right, child, 0,
                           starts.get(path, 0), size)  # fmt: skip

    def _inside(self, folder: str) -> Iterator[str]:
        return (each for each in self._names if each and each.rpartition("/")[0] == folder)


def _chain(first: int, count: int) -> list[int]:
    return [*range(first + 1, first + count), _END] if count else []


def _padded(data: bytes, size: int, fill: bytes = b"\0") -> bytes:
    return data + fill * (-len(data) % size)


def msg(subject: str, body: str, sender: str, files: Mapping[str, bytes] | None = None, sent: int = 0) -> bytes:
    """Return an Outlook message; `sent` is in units of 100 ns since 1601."""
    field = struct.pack("<HHI8s", 0x40, 0x0039, 6, struct.pack("<Q", sent))
    streams = {"__properties_version1.0": bytes(32) + (field if sent else b"")}
    texts = {"0037": subject, "1000": body, "0C1A": sender, "0E04": "eva@example.com"}
    streams |= {f"__substg1.0_{number}001F": text.encode("utf-16-le") for number, text in texts.items()}
    for number, (name, data) in enumerate((files or {}).items()):
        folder = f"__attach_version1.0_#{number:08X}"
        streams[f"{folder}/__properties_version1.0"] = bytes(8)
        streams[f"{folder}/__substg1.0_3707001F"] = name.encode("utf-16-le")
        streams[f"{folder}/__substg1.0_37010102"] = data
    return ole(streams)


def xls(sheets: Mapping[str, Sequence[Sequence[Cell]]]) -> bytes:
    """Return a workbook in BIFF8."""
    codes = codes_of(sheets)
    bodies = [_sheet(rows, codes) for rows in sheets.values()]
    begin = len(_globals(sheets, codes, [0] * len(sheets)))  # where the sheets begin is said in front of them
    places = [begin + sum(map(len, bodies[:number])) for number in range(len(bodies))]
    return ole({"Workbook": _padded(_globals(sheets, codes, places) + b"".join(bodies), _CUTOFF)})


def codes_of(sheets: Mapping[str, Sequence[Sequence[Cell]]]) -> list[str]:
    """Return the codes of formats that cells have, each once."""
    cells = (cell for rows in sheets.values() for row in rows for cell in row)
    return list(dict.fromkeys(cell[1] for cell in cells if isinstance(cell, tuple)))


def _globals(sheets: Mapping[str, object], codes: Sequence[str], places: Sequence[int]) -> bytes:
    parts = [_begin(5)]
    for number, code in enumerate(codes, start=164):
        parts.append(_record(0x041E, struct.pack("<HHB", number, len(code), 1) + code.encode("utf-16-le")))
    parts += [_record(0x00E0, struct.pack("<HH16x", 0, number)) for number in (0, *range(164, 164 + len(codes)))]
    for name, place in zip(sheets, places, strict=True):
        parts.append(_record(0x0085, struct.pack("<IHBB", place, 0, len(name), 1) + name.encode("utf-16-le")))
    return b"".join((*parts, _record(0x000A, b"")))


def _sheet(rows: Sequence[Sequence[Cell]], codes: Sequence[str]) -> bytes:
    width = max(map(len, rows))
    parts = [_begin(16), _record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))]
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            value, code = cell if isinstance(cell, tuple) else (cell, "")
            style = codes.index(code) + 1 if code else 0
            if isinstance(value, str):
                text = struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")
                parts.append(_record(0x0204, struct.pack("<HHH", r, c, style) + text))
            elif value is not None:
                parts.append(_record(0x0203, struct.pack("<HHHd", r, c, style, value)))
    return b"".join((*parts, _record(0x000A, b"")))


def _begin(kind: int) -> bytes:
    return _record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0, 6))


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data
