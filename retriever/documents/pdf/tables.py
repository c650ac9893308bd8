"""Tables and headings of a PDF, found by liteparse by where things stand; the words of both are read by PDFium."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import liteparse
import pypdfium2

from retriever.documents.markup.writer import Row, one_line
from retriever.documents.pdf.lines import PageLine, Place

_LONGEST_HEADING = 120
_ENDS = tuple(".。;；,，")
_ROWS = 0.6  # of the lines of a table that are rows of it; else several may have been taken for one
_LOST = 0.03  # of the signs of what stands at its place that a table may lack, such as rules made of signs
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class PageTable:
    """A table: where it stands, and its rows, the first with the names of the columns."""

    place: Place
    rows: Sequence[Row]
    cells: Sequence[Sequence[liteparse.LayoutCell]] = ()

    def keeps(self, lines: Sequence[PageLine]) -> bool:
        """Return whether the table says all that these lines do: their words, and which of them stand in one row."""
        if len(self.rows) < _ROWS * len(lines):
            return False
        there = Counter(_solid("".join(cell for row in self.rows for cell in row)))
        wanted = Counter(_solid("".join(line.text for line in lines)))
        return (wanted - there).total() <= max(1, _LOST * wanted.total())


@dataclass
class PageLayout:
    """What is found on a page."""

    tables: list[PageTable] = field(default_factory=list)
    headings: list[tuple[Place, int]] = field(default_factory=list)
    blocks: list[Place] = field(default_factory=list)  # where something stands, in the order of reading


def layouts_of(data: bytes) -> dict[int, PageLayout]:
    """Return what is found on the pages of a PDF, by their number from 1; nothing if it cannot be looked at."""
    parser = liteparse.LiteParse(
        ocr_enabled=False, output_format="markdown", extract_blocks=True, keep_headers_footers=True,
        extract_links=False, image_mode="off", num_workers=1, quiet=True, continue_on_page_error=True,
    )  # fmt: skip
    try:
        pages = parser.parse(data).pages
    except (liteparse.ParseError, RuntimeError, ValueError, OSError):
        return {}
    return {number: _layout(page.blocks or []) for number, page in enumerate(pages, start=1)}


def exact(table: PageTable, page: pypdfium2.PdfPage) -> PageTable:
    """Return a table with the words as they stand on the page: liteparse writes quotation marks and dashes anew."""
    _, height = page.get_size()
    text = page.get_textpage()
    try:
        return PageTable(table.place, [[_cell(cell, text, height) for cell in row] for row in table.cells])
    finally:
        text.close()


def _layout(blocks: Sequence[liteparse.LayoutBlock]) -> PageLayout:
    found = PageLayout()
    for block in blocks:
        place = _place(block.bbox)
        if place is not None and block.kind not in ("rule", "figure"):
            found.blocks.append(place)
        if block.kind == "table" and place is not None:
            rows = ([block.header] if block.header else []) + (block.rows or [])
            if len(rows) > 1 and max(map(len, rows)) > 1:
                found.tables.append(PageTable(place, [[cell.text for cell in row] for row in rows], rows))
        elif block.kind == "heading" and place is not None:
            text = one_line(block.text or "")
            if text and len(text) <= _LONGEST_HEADING and not text.endswith(_ENDS):
                found.headings.append((place, block.level or 2))
    return found


def _place(box: liteparse.AnnotationRect | None) -> Place | None:
    return None if box is None else Place(box.x, box.y, box.x + box.width, box.y + box.height)


def _cell(cell: liteparse.LayoutCell, text: pypdfium2.PdfTextPage, height: float) -> str:
    said = one_line(cell.text)
    place = _place(cell.bbox)
    if place is None or not said:
        return said
    exact = text.get_text_bounded(place.left - 1, height - place.bottom - 1, place.right + 1, height - place.top + 1)
    exact = one_line(exact.replace("\x02", "-"))
    return exact if _solid(exact) == _solid(said) else said


def _solid(text: str) -> str:
    return "".join(_WORDS.findall(unicodedata.normalize("NFKC", text).lower()))
