"""Workbooks: XLSX, XLSB, XLS and ODS. A sheet is a section that is called as it, and its cells are tables."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import python_calamine

from retriever.documents.blocks import ReadDocument, UnreadableError
from retriever.documents.markup.archives import Archive
from retriever.documents.markup.sheets import write_sheet
from retriever.documents.markup.writer import Writer

_MOST_CELLS = 5_000_000  # of one sheet
_EXACT = 1e15  # whole numbers up to here are stored exactly
_LONGEST_REPEATED = 200  # characters of a merged cell that stands in each place it covers
_Value = object


def read(data: bytes) -> ReadDocument:
    """Return the sheets of a workbook in order; raise `UnreadableError` if it cannot be opened or has no cell."""
    if data.startswith(b"PK"):
        Archive(data)  # refuses what would not fit into memory
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    except python_calamine.PasswordError as error:
        raise UnreadableError("It is protected by a password.", code="encrypted") from error
    except (python_calamine.CalamineError, OSError) as error:
        raise UnreadableError(f"The workbook is damaged: {str(error)[:200]}.", code="damaged") from error
    writer = Writer()
    failed: list[str] = []
    for name in book.sheet_names:
        try:
            rows = _rows(book.get_sheet_by_name(name))
        except python_calamine.CalamineError as error:
            failed.append(f"Sheet {name[:60]!r} was not read: {str(error)[:100]}.")
            continue
        if any(any(row) for row in rows):
            writer.heading(2, name)
            write_sheet(writer, rows)
    return writer.document(doubt=" ".join(failed) or None)


def _rows(sheet: python_calamine.CalamineSheet) -> list[list[str]]:
    if sheet.height * sheet.width > _MOST_CELLS:
        raise UnreadableError(
            f"Sheet {sheet.name[:60]!r} has {sheet.height} rows of {sheet.width} cells; {_MOST_CELLS} are read.",
            code="too_large",
        )
    rows = [[_shown(value) for value in row] for row in sheet.to_python()]
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
