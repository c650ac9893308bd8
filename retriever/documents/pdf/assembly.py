"""Lines and tables of pages put together to one text: wrapped lines joined, and each with the place where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from retriever.documents.blocks import Block, ReadDocument, UnreadableError
from retriever.documents.markup.writer import Writer
from retriever.documents.pdf.lines import PageLine, Place
from retriever.documents.pdf.order import in_order
from retriever.documents.pdf.tables import PageLayout, PageTable
from retriever.documents.structure.inline import joint
from retriever.documents.structure.marks import mark_of
from store.layout import Source

_FAR = 0.9  # heights of a line between two of one paragraph, at most
_SAME_SIZE = 1.35
_SHORT = 3.0  # heights that a line may end before the edge, and still be one that goes on in the next
_LEAST_WIDTH = 12  # heights of a line that can be wrapped at all
_HEADING_LINES = 2


@dataclass
class PageContent:
    """What is on a page: its number, its lines, what is known of where they stand, and how they were read."""

    number: int
    lines: list[PageLine]
    layout: PageLayout
    source: Source = "text"


class Assembly:
    """Writes pages one behind the other."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._size = 0
        self._blocks: list[Block] = []

    def add(self, page: PageContent) -> None:
        """Write a page."""
        start, place = self._size, len(self._blocks)
        arranged = _Arranged(page)
        for part in arranged.parts():
            if isinstance(part, PageTable):
                self._table(page.number, part)
            else:
                self._paragraph(page.number, part, arranged)
        if self._size > start:
            start += 2 if start else 0
            self._blocks.insert(place, Block("page", start, self._size, page=page.number, source=page.source))

    def document(self, *, doubt: str | None) -> ReadDocument:
        """Return what was written; raise `UnreadableError` if it is nothing."""
        text = "".join(self._parts)
        if not text.strip():
            raise UnreadableError("The document has no text: nothing on its pages is any.", code="empty_document")
        return ReadDocument(text, tuple(sorted(self._blocks, key=lambda block: block.start)), doubt=doubt)

    def _add(self, text: str, gap: str) -> int:
        """Write a text and return where it begins."""
        gap = gap if self._size else ""
        self._parts += [gap, text]
        start = self._size + len(gap)
        self._size = start + len(text)
        return start

    def _table(self, number: int, table: PageTable) -> None:
        writer = Writer()
        writer.table(table.rows)
        if text := writer.so_far():
            start = self._add(text, "\n\n")
            self._blocks.append(_box(start, start + len(text), number, table.place))

    def _paragraph(self, number: int, lines: Sequence[PageLine], arranged: _Arranged) -> None:
        level = arranged.level(lines)
        edge = max((line.place.right for line in lines if line.place is not None), default=0.0)
        first, before = -1, None
        for line in lines:
            gap = "\n\n" if before is None else _gap(before, line, edge, heading=bool(level))
            start = self._add(line.text, gap)
            first = start if first < 0 else first
            if line.place is not None:
                self._blocks.append(_box(start, self._size, number, line.place))
            before = line
        if level:
            title = "".join(self._parts)[first:] if len(lines) > 1 else lines[0].text
            self._blocks.append(Block("heading", first, self._size, level, title))


def _box(start: int, end: int, number: int, place: Place) -> Block:
    box = (round(place.left), round(place.top), round(place.right), round(place.bottom))
    return Block("box", start, end, page=number, box=box)


def _gap(before: PageLine, after: PageLine, edge: float, *, heading: bool) -> str:
    """Return what stands between two lines of a paragraph: nothing or a blank where the first one is wrapped."""
    if before.hyphenated:
        return ""
    if before.place is None or after.place is None:
        return "\n"
    height = before.place.height
    columns = "  " in before.text or "  " in after.text
    full = not columns and before.place.right >= edge - _SHORT * height
    wide = before.place.right - before.place.left >= _LEAST_WIDTH * height
    if heading or (full and wide and mark_of(after.text) is None):
        return joint(before.text, after.text)
    return "\n"


class _Arranged:
    """The lines of a page, with what can be said of them only together."""

    def __init__(self, page: PageContent) -> None:
        self._page = page
        self._lines = in_order(page.lines, page.layout.blocks)
        places = [line.place for line in self._lines if line.place is not None]
        gaps = [
            after.top - before.bottom
            for before, after in pairwise(places)
            if -before.height < after.top - before.bottom < _FAR * before.height
        ]
        self._usual = median(gaps) if gaps else 0.0

    def parts(self) -> Iterator[PageTable | list[PageLine]]:
        """Yield the tables and paragraphs of the page, in order."""
        waiting: list[PageLine] = []
        for part in self._in_order():
            if waiting and (isinstance(part, PageTable) or not self._belongs(waiting[-1], part)):
                yield waiting
                waiting = []
            if isinstance(part, PageTable):
                yield part
            else:
                waiting.append(part)
        if waiting:
            yield waiting

    def level(self, lines: Sequence[PageLine]) -> int:
        """Return the level of the heading that lines are, 0 if they are none."""
        heading = self._heading(lines[0])
        if (
            heading is None
            or len(lines) > _HEADING_LINES
            or (len(lines) > 1 and any(":" in each.text for each in lines))
        ):
            return 0
        return self._page.layout.headings[heading][1]

    def _in_order(self) -> Iterator[PageLine | PageTable]:
        """Yield the lines, and where the first line of a table would come, the table instead of all of its lines."""
        tables, dropped = list(self._page.layout.tables), set[int]()
        for number, line in enumerate(self._lines):
            table = next((each for each in tables if line.place is not None and each.place.holds(line.place)), None)
            if table is not None:
                tables.remove(table)
                inside = {n: each for n, each in enumerate(self._lines) if each.place and table.place.holds(each.place)}
                dropped |= inside.keys() if table.keeps(list(inside.values())) else set()
                yield table
            if number not in dropped:
                yield line
        yield from tables

    def _heading(self, line: PageLine) -> int | None:
        """Return which of the headings a line stands in, None if in none."""
        if line.place is None:
            return None
        found = self._page.layout.headings
        return next((number for number, (place, _) in enumerate(found) if place.holds(line.place)), None)

    def _belongs(self, before: PageLine, after: PageLine) -> bool:
        """Return whether a line belongs to the paragraph of the one before."""
        if self._heading(before) != self._heading(after):
            return False
        if before.place is None or after.place is None:
            return before.place is after.place
        one, other = before.place, after.place
        height = min(one.height, other.height) or 1.0
        gap = other.top - one.bottom
        most = min(_FAR * height, max(0.35 * height, 1.5 * self._usual))
        overlap = min(one.right, other.right) > max(one.left, other.left)
        return overlap and -0.6 * height < gap <= most and max(one.height, other.height) < _SAME_SIZE * height
