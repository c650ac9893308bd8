"""Text written with its structure, as `retriever.documents.structure` reads it: headings, lists, tables, pages.

Every reader of a format that has structure writes through this, so that all documents are cut alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from retriever.documents.blocks import Block, ReadDocument, UnreadableError
from store.layout import Source

_MOST_COLUMNS = 60  # of one table: a wider one is written as several, each with the first column
_BLANKS = re.compile(r"[ \t\u00a0\u2007\u202f]+")
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_NEWLINES = re.compile(r"\s*\n\s*")
Row = Sequence[str]


def clean(text: str) -> str:
    """Return a text without control characters and without runs of blanks; its lines stay."""
    text = _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\v", "\n"))
    return "\n".join(_BLANKS.sub(" ", line).strip() for line in text.split("\n")).strip("\n")


def one_line(text: str) -> str:
    """Return a text on one line."""
    return _NEWLINES.sub(" ", clean(text)).strip()


class Writer:
    """Writes a document from its beginning to its end."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._size = 0
        self._blocks: list[Block] = []
        self._page: tuple[int, int, Source] | None = None
        self._in_list = False
        self._has_headings = False

    @property
    def size(self) -> int:
        """Characters that were written."""
        return self._size

    def page(self, number: int, source: Source = "text") -> None:
        """Begin the page, or slide, of this number."""
        self._end_page()
        self._page = (number, self._size, source)
        self._in_list = False

    def heading(self, level: int, text: str) -> None:
        """Write a heading of a level from 1."""
        if title := one_line(text):
            self._add(f"{'#' * min(max(level, 1), 6)} {title}")
            self._has_headings = True

    def paragraph(self, text: str) -> None:
        """Write a paragraph; line breaks in it stay, blank lines make several."""
        if solid := clean(text):
            self._add(solid)

    def recognised(self, text: str) -> None:
        """Write what was recognised in a picture."""
        if solid := clean(text):
            self._add(solid)
            self._blocks.append(Block("picture", self._size - len(solid), self._size, source="ocr"))

    def item(self, mark: str, text: str, depth: int = 0) -> None:
        """Write an item with its mark, in `depth` lists around its own; without mark it goes on with the last."""
        if solid := one_line(text):
            line = f"{'  ' * min(depth, 8)}{mark} {solid}" if mark else f"{'  ' * min(depth + 1, 8)}{solid}"
            self._add(line, "\n" if self._in_list else "\n\n")
            self._in_list = True

    def written(self, text: str) -> None:
        """Add what another writer wrote."""
        if solid := text.strip("\n"):
            self._add(solid)

    def code(self, text: str) -> None:
        """Write lines as they are."""
        solid = _UNSEEN.sub("", text.replace("\r\n", "\n")).strip("\n")
        if solid.strip():
            fence = "```" if "```" not in solid else "~~~~"
            self._add(f"{fence}\n{solid}\n{fence}")

    def table(self, rows: Sequence[Row]) -> None:
        """Write a table, whose first row names the columns; rows and columns without text are left out."""
        cells = [[one_line(cell) for cell in row] for row in rows]
        cells = [row for row in cells if any(row)]
        width = max(map(len, cells), default=0)
        filled = [place for place in range(width) if any(place < len(row) and row[place] for row in cells)]
        square = [[row[place] if place < len(row) else "" for place in filled] for row in cells]
        if not square:
            return
        if len(filled) == 1 or len(square) == 1:
            for row in square:
                self.paragraph(
                    " ".join(cell for cell in row if cell) if len(filled) == 1 else "; ".join(filter(None, row))
                )
            return
        for first in range(0, len(filled), _MOST_COLUMNS):
            self._one_table([[*row[:1], *row[max(first, 1) : first + _MOST_COLUMNS]] for row in square])

    def so_far(self) -> str:
        """Return what was written."""
        return "".join(self._parts)

    def document(self, *, doubt: str | None = None, pictures: int = 0) -> ReadDocument:
        """Return what was written; raise `UnreadableError` if nothing of it can be seen."""
        self._end_page()
        text = "".join(self._parts)
        if not any(each.isprintable() and not each.isspace() for each in text):
            raise UnreadableError("The document has no text: nothing in it can be seen.", code="empty_document")
        blocks = tuple(sorted(self._blocks, key=lambda block: block.start))
        return ReadDocument(text, blocks, self._has_headings, doubt, pictures)

    def _one_table(self, rows: Sequence[Row]) -> None:
        head, *body = rows
        lines = [_row(head), "|" + " --- |" * len(head), *map(_row, body)]
        self._add("\n".join(lines))

    def _add(self, text: str, gap: str = "\n\n") -> None:
        if self._size:
            text = gap + text
            if self._page is not None and self._page[1] == self._size:  # the page begins with its first words
                self._page = (self._page[0], self._size + len(gap), self._page[2])
        self._parts.append(text)
        self._size += len(text)
        self._in_list = False

    def _end_page(self) -> None:
        if self._page is not None:
            number, start, source = self._page
            self._blocks.append(Block("page", min(start, self._size), self._size, page=number, source=source))
            self._page = None


def _row(cells: Row) -> str:
    return "| " + " | ".join(cell.replace("\\|", "\\ |").replace("|", "\\|") for cell in cells) + " |"
