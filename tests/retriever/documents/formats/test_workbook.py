"""Workbooks of every kind: cells found by row and column, as the sheet shows them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from office_files import ods, xlsx, zipped
from ole_files import Cell, xls
from rows import cell
from xlsb_files import xlsb

from retriever.documents.formats import workbook
from retriever.documents.formats.table import format_of_upload

Sheets = Mapping[str, Sequence[Sequence[Cell]]]
_KINDS = [xls, xlsb, xlsx]
_FEES: Sheets = {
    "Fees": [
        ["City", "Share", "Fee", "Since"],
        ["Bern", (0.125, "0.0%"), (1234.5, '"CHF "#,##0.00'), (45356.0, "mmm yyyy")],
    ],
    "Rest": [["Name", "Plain", "Rounded"], ["x", 0.125, (2.345, "0.00")], ["y", 3.0, (45356.0, "yyyy-mm-dd")]],
}  # fmt: skip


@pytest.mark.parametrize("make", _KINDS)
def test_cells_are_what_the_sheet_shows(make: Callable[[Sheets], bytes]) -> None:
    read = workbook.read(make(_FEES))

    assert [cell(read, "Bern", name) for name in ("Share", "Fee", "Since")] == ["12.5%", "CHF 1,234.50", "Mar 2024"]
    assert [cell(read, "x", name) for name in ("Plain", "Rounded")] == ["0.125", "2.345"]
    assert [cell(read, "y", name) for name in ("Plain", "Rounded")] == ["3", "2024-03-05"]
    assert ("## Fees\n" in read.text, "## Rest\n" in read.text, read.doubt) == (True, True, None)


@pytest.mark.parametrize("make", _KINDS)
def test_formats_are_found_wherever_the_cells_stand(make: Callable[[Sheets], bytes]) -> None:
    empty: list[Sequence[Cell]] = [[None]] * 3
    below = [[None, None, "City", "Share"], [None, None, "Bern", (0.5, "0%")], [None, None, "Chur", 0.5]]

    read = workbook.read(make({"S": [*empty, *below]}))

    assert [cell(read, city, "Share") for city in ("Bern", "Chur")] == ["50%", "0.5"]


@pytest.mark.parametrize(
    ("make", "name"), [(xls, "a.xls"), (xlsb, "a.xlsb"), (xlsx, "a.xlsx"), (xls, "a"), (xlsb, "a")]
)
def test_workbooks_are_known_by_their_bytes(make: Callable[[Sheets], bytes], name: str) -> None:
    assert format_of_upload(name, make(_FEES)).format.reader == workbook.__name__


def test_cells_of_an_opendocument_sheet_are_what_it_shows() -> None:
    def valued(kind: str, value: str, shown: str, more: str = "") -> tuple[str, str]:
        return f'office:value-type="{kind}" office:value="{value}" {more}', shown

    rows: list[list[Any]] = [
        ["City", "Share", "Fee", "People", "Plain"],
        ["Bern", valued("percentage", "0.125", "12.5 %"), valued("currency", "12", "12,00 €"),
         valued("float", "134591", "134,591"), valued("float", "0.5", "0,50")],
        ["Chur", valued("percentage", "0.07", "7%", 'table:number-columns-repeated="2"'), valued("float", "1", "1")],
    ]  # fmt: skip

    read = workbook.read(ods(rows))

    names = ("Share", "Fee", "People", "Plain")
    assert [cell(read, "Bern", name) for name in names] == ["12.5%", "12,00 €", "134,591", "0.5"]
    assert [cell(read, "Chur", name) for name in names] == ["7%", "7%", "1", ""]


def test_where_the_formats_are_hostile_a_workbook_has_its_values_and_says_what_is_missing() -> None:
    data = xlsx({"S": [["City", "Share"], ["Bern", (0.125, "0.0%")]]})

    read = workbook.read(
        _with_part(data, "xl/styles.xml", '<!DOCTYPE s [<!ENTITY a "b">]><styleSheet><cellXfs/></styleSheet>')
    )

    assert cell(read, "Bern", "Share") == "0.125"
    assert "sheet 'S' are shown was not read: It is refused" in str(read.doubt)


def _with_part(archive: bytes, name: str, content: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return zipped({each: content if each == name else opened.read(each) for each in opened.namelist()})
