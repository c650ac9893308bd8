"""Which items a line belongs to: lists by their marks and indentation, numbered clauses by their numbers."""

from __future__ import annotations

from dataclasses import dataclass

from retriever.documents.structure.fields import Paragraph
from retriever.documents.structure.lines import Line
from retriever.documents.structure.marks import Mark
from retriever.documents.structure.paragraphs import Writer
from store.layout import ContextSpan

_DEEPEST = 6  # items within each other: a deeper one counts as one of the last
_SHIFT = 1  # columns by which items of one list may be apart: lists are aligned by eye
_SIDE_BY_SIDE = 3


@dataclass(slots=True)
class _Open:
    """An item that a line may still belong to; its text begins at the column `inside`."""

    indent: int
    inside: int
    mark: Mark
    colon: bool = False
    span: ContextSpan | None = None


class Lists:
    """The items that are open, outermost first, and the line before the list."""

    def __init__(self, out: Writer) -> None:
        self._out = out
        self._open: list[_Open] = []
        self._lead: ContextSpan | None = None
        self.last_mark: Mark | None = None  # of the item read last, also if its list has ended

    @property
    def is_open(self) -> bool:
        """Whether what comes next stands in an item."""
        return bool(self._open)

    def item(self, line: Line, mark: Mark, *, adjacent: bool) -> tuple[ContextSpan, ...]:
        """Begin an item, and return what it needs to be understood; `adjacent`: right below a line of text."""
        goes_on = self._close_for(line, mark)
        resumed = self._lead is not None and self.last_mark is not None and mark.follows(self.last_mark)
        if not (self._open or goes_on or resumed):
            self._lead = self._out.lead_of_list(adjacent=adjacent)
            if self._lead is None:
                self._out.new_block()
        context = self._context()
        self._open.append(_Open(line.indent, line.indent + mark.length, mark))
        self.last_mark = mark
        return context

    def goes_on(self, line: Line, mark: Mark) -> bool:
        """Return whether a mark right below text goes on with a list that is open."""
        return any(mark.follows(each.mark) and abs(line.indent - each.indent) <= _SIDE_BY_SIDE for each in self._open)

    def paragraph(self, line: Line, *, blank: bool) -> tuple[ContextSpan, ...]:
        """Return what a paragraph that begins here needs; unless it is indented, a `blank` line ends lists."""
        if blank:
            self.end_unless_within(line)
        return self._context() if self._open else ()

    def context(self, line: Line) -> tuple[ContextSpan, ...]:
        """Return what code or a table that begins here needs."""
        self.end_unless_within(line)
        return self._context() if self._open else ()

    def written(self, paragraph: Paragraph, out: Writer) -> None:
        """Note the text of an item, which those within it need."""
        if paragraph.mark is None or not self._open or self._open[-1].span is not None:
            return
        top = self._open[-1]
        top.span = out.span_of(paragraph, "clause" if top.mark.is_clause else "lead_in")
        top.colon = paragraph.lines[-1].text.endswith((":", "："))

    def end_unless_within(self, line: Line) -> None:
        """Close the items that this line is not indented enough for."""
        while self._open and line.indent < min(self._open[-1].inside, self._open[-1].indent + 2):
            self._open.pop()

    def end(self) -> None:
        """Close all items: a heading or a rule follows."""
        self._open.clear()
        self._lead = self.last_mark = None

    def _close_for(self, line: Line, mark: Mark) -> bool:
        """Close the items that an item with this mark is not part of; return whether it is the next one of its list."""
        peers = [
            place
            for place, each in enumerate(self._open)
            if each.mark.family == mark.family and abs(each.indent - line.indent) <= _SHIFT
        ]
        if peers:
            del self._open[peers[-1] :]
            return True
        while self._open and not self._is_within(line, mark, self._open[-1]):
            self._open.pop()
        del self._open[_DEEPEST:]
        return False

    def _is_within(self, line: Line, mark: Mark, item: _Open) -> bool:
        if line.indent > item.indent + _SHIFT:
            return True
        if line.indent < item.indent - _SHIFT:
            return False
        if mark.above:  # 1.1 below 1, also without indentation
            return item.mark.order is not None and mark.above.endswith(str(item.mark.order))
        return item.colon and mark.order in (None, 1)

    def _context(self) -> tuple[ContextSpan, ...]:
        """Return what the open items and the line before their list say."""
        return tuple(span for span in (self._lead, *(each.span for each in self._open)) if span is not None)
