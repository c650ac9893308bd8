"""From the units of a text to its statements: one sentence, item, row or piece of code each, and how it is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from retriever.documents.structure.inline import joint, shown
from retriever.documents.structure.tables import row_text
from retriever.documents.structure.units import Unit
from retriever.text.sentences import sentence_spans
from store.layout import Cell, StatementKind

_CUT = re.compile(r"[。！？；，;,]|\s")


@dataclass(frozen=True, slots=True)
class Said:
    """A statement: `[start, end)` of the text, and how it is `shown`; `first` says that it begins its unit."""

    unit: Unit
    kind: StatementKind
    start: int
    end: int
    shown: str
    first: bool
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Showing:
    """How statements of a document are shown: with its marks or without, in which signs, and how long one may be."""

    text: str
    markdown: bool
    cjk: bool
    longest: int

    def statements(self, unit: Unit) -> Iterator[Said]:
        """Yield the statements of a unit in order."""
        if unit.kind == "row":
            yield from self._row(unit)
        elif unit.kind == "code":
            yield from self._code(unit)
        else:
            yield from self._sentences(unit)

    def halves(self, said: Said) -> list[Said]:
        """Cut a statement in two at the blank nearest to its middle; one that cannot be cut is returned alone."""
        if len(said.cells) > 2:
            middle = (len(said.cells) + 1) // 2
            parts = (said.cells[:middle], said.cells[middle:])
            return [self._cells(said.unit, part, first=said.first and not n) for n, part in enumerate(parts)]
        start, end = (said.unit.body if said.first and said.unit.body > said.start else said.start), said.end
        middle, reach = (start + end) // 2, (end - start) // 4
        cuts = [match.end() for match in _CUT.finditer(self.text, middle - reach, middle + reach)]
        cut = min(cuts, key=lambda place: abs(place - middle), default=middle)
        spans = [span for span in (self._solid(start, cut), self._solid(cut, end)) if span is not None]
        if len(spans) < 2:
            return [said]
        kind: StatementKind = "prose" if said.kind == "row" else said.kind
        first, second = spans
        begin = said.start if said.first else first[0]
        return [
            self._said(said.unit, kind, begin, first[1], first=said.first),
            self._said(said.unit, kind, *second, first=False),
        ]

    def _sentences(self, unit: Unit) -> Iterator[Said]:
        kind: StatementKind = "prose" if unit.kind == "heading" else unit.kind
        first = True
        for sentence in sentence_spans(self.text, unit.body, unit.end):
            for span in self._pieces(*sentence):
                solid = self._solid(*span)
                if solid is None:
                    continue
                said = self._said(unit, kind, *solid, first=first)
                if said.shown:
                    yield said
                    first = False

    def _code(self, unit: Unit) -> Iterator[Said]:
        begin, first = unit.start, True
        while begin < unit.end:
            end = unit.end
            if end - begin > self.longest // 2:
                end = self.text.rfind("\n", begin, begin + self.longest // 2)
                end = end if end > begin else self.text.find("\n", begin, unit.end)
                end = end if end > begin else unit.end
            for span in self._pieces(begin, end):
                solid = self._solid(*span)
                if solid is not None:
                    yield self._said(unit, "code", *solid, first=first)
                    first = False
            begin = end + 1

    def _row(self, unit: Unit) -> Iterator[Said]:
        whole = self._cells(unit, unit.cells, first=True)
        waiting = [whole]
        while waiting:
            said = waiting.pop()
            parts = self.halves(said) if len(said.shown) > self.longest else [said]
            if len(parts) == 1:
                if said.shown:
                    yield said
            else:
                waiting.extend(reversed(parts))

    def _cells(self, unit: Unit, cells: tuple[Cell, ...], *, first: bool) -> Said:
        start, end = (unit.start, cells[-1].end) if first else (cells[0].start, cells[-1].end)
        end = unit.end if cells[-1] == unit.cells[-1] else end
        if start >= end:  # the part of a row that has only empty cells
            return Said(unit, "row", start, end, "", first, cells)
        line = row_text(cells, unit.cells[0], cjk=self.cjk, markdown=self.markdown)
        return Said(unit, "row", start, end, line, first, cells)

    def _pieces(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield a sentence that is too long in pieces, cut at blanks where there are any."""
        while end - start > self.longest:
            cut = start + self.longest
            for match in _CUT.finditer(self.text, start + self.longest // 2, start + self.longest):
                cut = match.end()
            yield start, cut
            start = cut
        yield start, end

    def _solid(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the span without white space around it; None if there is nothing else in it."""
        text = self.text
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        return (start, end) if start < end else None

    def _said(self, unit: Unit, kind: StatementKind, start: int, end: int, *, first: bool) -> Said:
        if kind == "code":
            return Said(unit, kind, start, end, self.text[start:end], first)
        mark = ""
        piece = self.text[max(start, unit.body) : end]
        if first and unit.body > unit.start:
            written = self.text[unit.start : unit.body]
            mark, start = " ".join(written.split()) + (" " if written[-1].isspace() else ""), unit.start
        if unit.quoted:
            piece = piece.lstrip("> \t")
        return Said(unit, kind, start, end, mark + shown(piece, markdown=self.markdown), first)


def between(before: Said, after: Said) -> str:
    """Return what stands between two statements of a passage: each unit begins a line of its own."""
    if after.first or before.unit is not after.unit:
        return "\n"
    return "\n" if after.kind in ("code", "row") else joint(before.shown, after.shown)
