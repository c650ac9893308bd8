"""PDFs: lines joined to paragraphs, pages and places kept, tables found, and what cannot be read said."""

from __future__ import annotations

import pytest
from fakes import HashEncoder
from office_files import pdf
from rows import cell

from retriever.documents.blocks import UnreadableError
from retriever.documents.chunking import chunk
from retriever.documents.formats import pdf as reader
from retriever.settings import ChunkerSettings
from store.layout import read_layout

_LONG = "Every member of the staff has twenty-five days of leave in each year, which are"
_REST = "granted by the head of the department; more of them can be bought for a fee of"


def _table(rows: list[list[str]], top: int) -> list[tuple[int, int, str]]:
    return [(72 + 130 * c, top - 20 * r, text) for r, row in enumerate(rows) for c, text in enumerate(row)]


def test_wrapped_lines_are_one_paragraph_and_short_ones_stay_lines() -> None:
    page = [(72, 700, _LONG), (72, 686, _REST), (72, 672, "12 francs."), (72, 600, "Bern"), (72, 586, "Basel")]

    read = reader.read(pdf([page]))

    assert read.text == f"{_LONG} {_REST} 12 francs.\n\nBern\nBasel"


def test_passages_know_their_page_and_where_on_it_they_stand() -> None:
    read = reader.read(pdf([[(72, 700, "The office opens at nine.")], [(100, 400, "Lunch is at noon.")]]))

    (passage,) = chunk(read, HashEncoder(), ChunkerSettings())

    assert passage.layout is not None
    assert passage.page == 1
    boxes = read_layout(passage.layout, passage.start, passage.text).boxes
    places = [(each.page, round(each.left, -1), round(each.bottom, -1)) for each in boxes]
    assert places == [(1, 70, 90), (2, 100, 390)]


def test_a_table_without_lines_is_found_by_where_its_words_stand() -> None:
    rows = [["City", "Day", "Fee"], ["Bern", "Monday", "12"], ["Basel", "Friday", "9"], ["Chur", "Sunday", "7"]]

    read = reader.read(pdf([[(72, 720, "Fees of this year are as follows."), *_table(rows, 680)]]))

    assert (cell(read, "Bern", "Fee"), cell(read, "Chur", "Day")) == ("12", "Sunday")
    assert read.text.count("Monday") == 1


def test_columns_of_text_are_read_one_after_the_other() -> None:
    left = [(72, 700 - 14 * n, f"left line number {n} of the text") for n in range(8)]
    right = [(330, 700 - 14 * n, f"right line number {n} of the text") for n in range(8)]

    text = reader.read(pdf([left + right])).text

    assert text.index("left line number 7") < text.index("right line number 0")


def test_a_pdf_without_text_is_a_failure_and_says_so() -> None:
    with pytest.raises(UnreadableError) as caught:
        reader.read(pdf([[]]))

    assert (caught.value.code, "pages: 1" in caught.value.message) == ("empty_document", True)


@pytest.mark.parametrize("data", [b"%PDF-1.7", pdf([[(72, 700, "x")]])[:200], b"%PDF-1.4\n" + b"\x00" * 1000])
def test_a_damaged_pdf_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableError) as caught:
        reader.read(data)

    assert caught.value.code in ("damaged", "empty_document")
