"""HTML, of pages, books and mails, as text with its structure: in one pass, so that no nesting is too deep."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

from retriever.documents.markup.grids import Grid
from retriever.documents.markup.writer import Row, Writer, clean, one_line
from retriever.text.analysis import CJK

_UNSEEN = frozenset(["script", "style", "template", "svg", "object", "iframe", "rt", "rp", "noframes"])
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset(_HEADINGS) | {
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir", "div",
    "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "frameset", "header", "hgroup", "hr", "html",
    "legend", "li", "main", "menu", "nav", "ol", "optgroup", "option", "p", "pre", "section", "select", "summary",
    "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "title", "tr", "ul",
}  # fmt: skip
_SPACE = re.compile(r"[ \t\r\n\f]+")
_WRAPPED = re.compile(rf"(?<=[{CJK}，。；：！？、）])[ \t\r\n\f]*\n[ \t\r\n\f]*(?=[{CJK}（])")
_DEEPEST = 50  # tables in tables
_LONG_CELL = 300  # characters of a cell, on the average, above which a table only arranges the page
_Op = tuple[str, tuple[object, ...]]


class Recorder:
    """What stands in a cell, to be written later: as one text, or as the blocks that it is."""

    def __init__(self) -> None:
        self.ops: list[_Op] = []

    def heading(self, level: int, text: str) -> None:
        """Keep a heading."""
        self.ops.append(("heading", (level, text)))

    def paragraph(self, text: str) -> None:
        """Keep a paragraph."""
        self.ops.append(("paragraph", (text,)))

    def recognised(self, text: str) -> None:
        """Keep what was recognised in a picture."""
        self.ops.append(("recognised", (text,)))

    def item(self, mark: str, text: str, depth: int = 0) -> None:
        """Keep an item of a list."""
        self.ops.append(("item", (mark, text, depth)))

    def code(self, text: str) -> None:
        """Keep lines of code."""
        self.ops.append(("code", (text,)))

    def table(self, rows: list[Row]) -> None:
        """Keep a table."""
        self.ops.append(("table", (rows,)))

    def text(self) -> str:
        """Return all of it on one line."""
        parts = [" ".join(map(str, args)) if name == "item" else str(args[-1]) for name, args in self.ops]
        return one_line(" ".join(parts))

    def replay(self, sink: Sink) -> None:
        """Write all of it as the blocks that it is."""
        for name, args in self.ops:
            getattr(sink, name)(*args)


Sink = Writer | Recorder


@dataclass
class _Table:
    grid: Grid = field(default_factory=Grid)
    cells: list[Recorder] = field(default_factory=list)
    cell: Recorder | None = None
    spans: tuple[int, int] = (1, 1)


@dataclass
class _List:
    ordered: bool
    number: int = 1
    mark: str = ""  # of the item that has begun, as long as nothing of it is written


class Pages(HTMLParser):
    """Reads HTML and writes what can be seen of it."""

    def __init__(
        self, writer: Writer, *, lowest: int = 0, titled: bool = False, seen: Callable[[str], str] = lambda _: ""
    ) -> None:
        """Write to `writer`, headings `lowest` levels below what they are, the title as one if it is `titled`.

        `seen` returns the text of a picture, by what its element says where it is.
        """
        super().__init__(convert_charrefs=True)
        self.title = ""
        self._titled = titled
        self._seen = seen
        self._writer = writer
        self._lowest = lowest
        self._text: list[str] = []
        self._unseen: list[str] = []
        self._lists: list[_List] = []
        self._tables: list[_Table] = []
        self._heading = 0
        self._pre = self._in_title = False

    def read(self, text: str) -> None:
        """Read a whole page."""
        self.feed(text)
        self.close()
        self._flush()
        while self._tables:
            self._end_table()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the beginning of an element."""
        if self._unseen:
            self._unseen += [tag] if tag in _UNSEEN else []
            return
        if tag in _UNSEEN:
            self._unseen = [tag]
            return
        if tag in _BLOCKS:
            self._flush()
        given = dict(attrs)
        if tag == "br":
            self._text.append("\n")
        elif tag == "img":
            self._take_picture(given)
        elif tag in _HEADINGS:
            self._heading = _HEADINGS[tag]
        elif tag in ("title", "pre"):
            self._in_title, self._pre = tag == "title", tag == "pre"
        elif tag in ("ul", "ol", "dir", "menu"):
            self._lists.append(_List(tag == "ol", _number(given.get("start"), 1)))
        elif tag == "li":
            self._begin_item()
        else:
            self._begin_in_table(tag, given)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element that is closed where it begins: in XHTML even one that hides all behind it elsewhere."""
        if tag not in _UNSEEN:
            self.handle_starttag(tag, attrs)
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """Take the end of an element."""
        if self._unseen:
            if tag == self._unseen[-1]:
                self._unseen.pop()
            return
        if tag not in _BLOCKS:
            return
        self._flush()
        if tag in _HEADINGS:
            self._heading = 0
        elif tag == "pre":
            self._pre = False
        elif tag in ("ul", "ol", "dir", "menu") and self._lists:
            self._lists.pop()
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag == "table":
            self._end_table()

    def handle_data(self, data: str) -> None:
        """Take text."""
        if not self._unseen:
            self._text.append(data if self._pre else _SPACE.sub(" ", _WRAPPED.sub("", data)))

    @property
    def _sink(self) -> Sink:
        return next((each.cell for each in reversed(self._tables) if each.cell is not None), self._writer)

    def _flush(self) -> None:
        """Write the words that were collected, as what they are."""
        text, self._text = "".join(self._text), []
        if not text.strip():
            return
        sink = self._sink
        if self._in_title:
            self._in_title = False
            self._take_title(one_line(text))
        elif self._pre:
            sink.code(text)
        elif self._heading:
            if not (self._titled and one_line(text) == self.title):
                sink.heading(self._heading + self._lowest, text)
        elif self._lists:
            inner = self._lists[-1]
            sink.item(inner.mark, text, len(self._lists) - 1)
            inner.mark = ""
        else:
            sink.paragraph(clean(text))

    def _take_picture(self, given: Mapping[str, str | None]) -> None:
        self._text.append(f" {given.get('alt') or ''} ")
        if text := self._seen(given.get("src") or ""):
            self._flush()
            self._sink.recognised(text)

    def _take_title(self, title: str) -> None:
        if not self.title:
            self.title = title
            if self._titled:
                self._writer.heading(1, title)

    def _begin_item(self) -> None:
        if not self._lists:
            self._lists.append(_List(ordered=False))
        inner = self._lists[-1]
        inner.mark = f"{inner.number}." if inner.ordered else "-"
        inner.number += 1

    def _begin_in_table(self, tag: str, given: dict[str, str | None]) -> None:
        if tag == "table" and len(self._tables) < _DEEPEST:
            self._tables.append(_Table())
        elif tag == "tr" and self._tables:
            self._end_cell()
            self._tables[-1].grid.new_row()
        elif tag in ("td", "th") and self._tables:
            self._end_cell()
            table = self._tables[-1]
            table.cell, table.spans = Recorder(), (_number(given.get("colspan"), 1), _number(given.get("rowspan"), 1))
            table.cells.append(table.cell)
            self._heading = 0

    def _end_cell(self) -> None:
        if self._tables and (cell := self._tables[-1].cell) is not None:
            table = self._tables[-1]
            table.grid.cell(cell.text(), *table.spans)
            table.cell = None

    def _end_table(self) -> None:
        if not self._tables:
            return
        self._end_cell()
        table = self._tables.pop()
        filled = [cell for cell in table.cells if cell.ops]
        if not filled:
            return
        sink = self._sink
        inside = {name for cell in filled for name, _ in cell.ops}
        long = sum(len(cell.text()) for cell in filled) > _LONG_CELL * len(filled)
        if inside & {"table", "heading", "code"} or long or len(filled) == 1:
            for cell in filled:
                cell.replay(sink)
        else:
            sink.table(list(table.grid.lines()))


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 6 else otherwise
