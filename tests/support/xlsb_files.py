"""Workbooks in binary parts (XLSB), made by hand."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from office_files import relations, zipped
from ole_files import Cell, codes_of


def xlsb(sheets: Mapping[str, Sequence[Sequence[Cell]]]) -> bytes:
    """Return a workbook of sheets, each rows of cells."""
    codes = codes_of(sheets)
    names = [
        _record(156, struct.pack("<II", 0, n) + _text(f"r{n}") + _text(name)) for n, name in enumerate(sheets, start=1)
    ]
    targets = {f"r{n}": ("worksheet", f"worksheets/sheet{n}.bin") for n in range(1, len(sheets) + 1)}
    formats = [_record(44, struct.pack("<H", number) + _text(code)) for number, code in enumerate(codes, start=164)]
    styles = [_record(47, struct.pack("<HH12x", 0, number)) for number in (0, *range(164, 164 + len(codes)))]
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": relations({"r1": ("officeDocument", "xl/workbook.bin")}),
            "xl/workbook.bin": b"".join((_record(131), _record(143), *names, _record(144), _record(132))),
            "xl/_rels/workbook.bin.rels": relations(targets | {"s": ("styles", "styles.bin")}),
            "xl/styles.bin": b"".join(
                (
                    _record(278), _record(615, struct.pack("<I", len(codes))), *formats, _record(616),
                    _record(617, struct.pack("<I", len(styles))), *styles, _record(618), _record(279),
                )
            ),
            **{
                f"xl/worksheets/sheet{n}.bin": _sheet(rows, codes) for n, rows in enumerate(sheets.values(), start=1)
            },
        }
    )  # fmt: skip


def _sheet(rows: Sequence[Sequence[Cell]], codes: Sequence[str]) -> bytes:
    size = struct.pack("<IIII", 0, len(rows) - 1, 0, max(map(len, rows)) - 1)
    parts = [_record(129), _record(148, size), _record(145)]
    for number, row in enumerate(rows):
        parts.append(_record(0, struct.pack("<I21x", number)))
        for column, cell in enumerate(row):
            value, code = cell if isinstance(cell, tuple) else (cell, "")
            head = struct.pack("<II", column, codes.index(code) + 1 if code else 0)
            if isinstance(value, str):
                parts.append(_record(6, head + _text(value)))
            elif value is not None:
                parts.append(_record(5, head + struct.pack("<d", value)))
    return b"".join((*parts, _record(146), _record(130)))


def _text(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _record(kind: int, data: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, rest = bytearray(), len(data)
    while rest >= 0x80:
        size.append(rest & 0x7F | 0x80)
        rest >>= 7
    return head + bytes((*size, rest)) + data
