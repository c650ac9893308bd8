"""Workbooks: XLSX, XLSB, XLS and ODS. A sheet is a section that is called as it, and its cells are tables.

Cells are read as the sheet shows them where that says more than their value: 12.5%, $1,200, 26:30, March 2024.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import partial

import python_calamine

from retriever.documents.blocks import ReadDocument, UnreadableError
from retriever.documents.markup.archives import Archive
from retriever.documents.markup.sheets import write_sheet
from retriever.documents.markup.writer import Writer
from retriever.documents.sheets.ods import OdsLooks
from retriever.documents.sheets.xls import XlsLooks
from retriever.documents.sheets.xlsb import XlsbLooks
from retriever.documents.sheets.xlsx import XlsxLooks

_MOST_CELLS = 5_000_000  # of one sheet
_EXACT = 1e15  # whole numbers up to here are stored exactly
_LONGEST_REPEATED = 200  # characters of a merged cell that stands in each place it covers
_Value = object


def read(data: bytes) -> ReadDocument:
    """Return the sheets of a workbook in order; raise `UnreadableError` if it cannot be opened or has no cell."""
    archive = Archive(data) if data.startswith(b"PK") else None  # refuses what would not fit into memory
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    except python_calamine.PasswordError as error:
        raise UnreadableError("It is protected by a password.", code="encrypted") from error
    except (python_calamine.CalamineError, OSError) as error:
        raise UnreadableError(f"The workbook is damaged: {str(error)[:200]}.", code="damaged") from error
    writer = Writer()
    looks = _Looks(data, archive)
    failed: list[str] = []
    for name in book.sheet_names:
        try:
            rows = _rows(book.get_sheet_by_name(name), looks)
        except python_calamine.CalamineError as error:
            failed.append(f"Sheet {name[:60]!r} was not read: {str(error)[:100]}.")
            continue
        if any(any(row) for row in rows):
            writer.heading(2, name)
            write_sheet(writer, rows)
    return writer.document(doubt=" ".join([*failed, *looks.doubts]) or None)


class _Looks:
    """How the cells of a workbook are shown, read after their values, which stay what they are if it cannot be."""

    def __init__(self, data: bytes, archive: Archive | None) -> None:
        self.doubts: list[str] = []
        self._open = partial(_looks, data, archive)
        self._looks: XlsxLooks | XlsbLooks | XlsLooks | OdsLooks | None = None

    def show(self, sheet: python_calamine.CalamineSheet, rows: Sequence[list[_Value]]) -> None:
        """Write texts into the places of values that the sheet shows as more than they are."""
        top, left = sheet.start or (0, 0)
        try:
            self._looks = self._looks or self._open()
            for row, column, show in self._looks.cells(sheet.name):
                if 0 <= row - top < len(rows) and 0 <= column - left < len(rows[row - top]):
                    value = rows[row - top][column - left]
                    rows[row - top][column - left] = (show(value) or value) if _shown(value) else value
        except (UnreadableError, struct.error, ValueError, LookupError, OSError) as error:
            said = f"How the numbers of sheet {sheet.name[:60]!r} are shown was not read: {str(error)[:100]}"
            self.doubts.append(said)


def _looks(data: bytes, archive: Archive | None) -> XlsxLooks | XlsbLooks | XlsLooks | OdsLooks:
    if archive is None:
        return XlsLooks(data)
    if archive.has("xl/workbook.bin"):
        return XlsbLooks(archive)
    return OdsLooks(archive) if archive.has("content.xml") else XlsxLooks(archive)


def _rows(sheet: python_calamine.CalamineSheet, looks: _Looks) -> list[list[str]]:
    if sheet.height * sheet.width > _MOST_CELLS:
        raise UnreadableError(
            f"Sheet {sheet.name[:60]!r} has {sheet.height} rows of {sheet.width} cells; {_MOST_CELLS} are read.",
            code="too_large",
        )
    values: list[list[_Value]] = [list(row) for row in sheet.to_python()]
    looks.show(sheet, values)
    rows = [[_shown(value) for value in row] for row in values]
    top, left = sheet.start or (0, 0)
    for (first_row, first_column), (last_row, last_column) in sheet.merged_cell_ranges or ():
        _spread(rows, (first_row - top, first_column - left), (last_row - top, last_column - left))
    return rows


def _spread(rows: Sequence[list[str]], first: tuple[int, int], last: tuple[int, int]) -> None:
    """Write the text of a merged cell into the rows that it covers, so that each says what it belongs to.

    Across columns it stays where it is: titles are merged so, and would stand there many times.
    """
    (top, left), (bottom, _) = first, last
    if not (0 <= top < len(rows) and 0 <= left < len(rows[top])) or len(rows[top][left]) > _LONGEST_REPEATED:
        return
    for row in rows[top + 1 : bottom + 1]:
        if left < len(row) and not row[left]:
            row[left] = rows[top][left]


def _shown(value: _Value) -> str:
    """Return a value as people write it: whole numbers without a point, days without an hour."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else f"{value:.15g}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, timedelta | int | str) else ""
