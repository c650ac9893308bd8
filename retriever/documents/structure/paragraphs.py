"""Units written one after another, with what each needs of those before it: the question, the line before a list."""

from __future__ import annotations

import re
from dataclasses import replace

from retriever.documents.structure.columns import Columns, columns_of
from retriever.documents.structure.fields import LONGEST_CONTEXT, Paragraph, message_head, parts_of
from retriever.documents.structure.headings import Heading
from retriever.documents.structure.lines import Line
from retriever.documents.structure.tables import Table, cells_of
from retriever.documents.structure.units import Unit, UnitKind
from retriever.text.sentences import sentence_spans
from store.layout import Cell, ContextKind, ContextSpan

_LOOKED_AT = 2000  # characters at the end of a paragraph in which its last sentence is looked for
_CAPTION = re.compile(r"(?:Table|Tab\.|Tabelle|表)[ \t]?[0-9一二三四五六七八九十]", re.IGNORECASE)
_QUESTION = 150  # characters of a question that stands alone
_ENDS = tuple(".。!！?？”\"')）")


class Writer:
    """Writes units."""

    def __init__(self, text: str, *, markdown: bool) -> None:
        self._text = text
        self._markdown = markdown
        self._units: list[Unit] = []
        self._block = 0
        self._question: ContextSpan | None = None
        self._lead: ContextSpan | None = None
        self._lead_is_open = False
        self._table: tuple[ContextSpan, ...] = ()
        self._table_start: int | None = None
        self._code: list[Line] = []
        self._code_context: tuple[ContextSpan, ...] = ()
        self._part = 0
        self._message: tuple[ContextSpan, ...] = ()
        self._stands_alone = False  # the question is one that only the next paragraph answers
        self.asked = False  # whether a question with a mark stands before
        self.after_heading = False

    @property
    def kind(self) -> UnitKind:
        """What a paragraph is that begins here."""
        return "answer" if self._question is not None else "prose"

    @property
    def in_message(self) -> bool:
        """Whether what comes next stands in a message, in which names and greetings stand alone."""
        return bool(self._message)

    def taken(self) -> list[Unit]:
        """Return the units that were written since, and forget them."""
        units, self._units = self._units, []
        return units

    def new_block(self) -> None:
        """Say that what follows does not belong to what stands before."""
        self._block += 1

    def heading(self, line: Line, heading: Heading) -> None:
        """Write a heading; one that asks is the question of what follows."""
        self._reset()
        title = heading.title
        self._add(
            Unit("heading", line.start, line.end, line.start, self._block, line.start, (), (), heading.level, title)
        )
        if title.rstrip("*_ ").endswith(("?", "？")):
            begin = line.start + max(0, line.text.find(title))
            self._question = self._context("question", begin, min(line.end, begin + len(title)))
        self.after_heading = True

    def rule(self) -> None:
        """Take a line that separates what stands before and behind it."""
        self._reset()

    def paragraph(self, paragraph: Paragraph) -> None:
        """Write a paragraph, or what it consists of: lines of keys and values, or of columns, each for itself."""
        self._table_start = None
        if paragraph.mark is not None or paragraph.kind in ("question", "item") or paragraph.skipped:
            self._write(paragraph)
            return
        table = columns_of(paragraph.lines)
        if table is not None:
            self._columns(paragraph, table)
            return
        parts = parts_of(paragraph)
        message = tuple(self._context("title", part.start, part.end) for part in message_head(parts))
        if message:
            self._reset()
        elif paragraph.kind != "answer":
            self._block += 1
        for part in parts:
            self._write(part)
        if message:
            self._message, self._lead = message, None

    def lead_of_list(self, *, adjacent: bool) -> ContextSpan | None:
        """Return the line that a list which begins here is introduced by."""
        return self._lead if self._lead_is_open or adjacent else None

    def span_of(self, paragraph: Paragraph, kind: ContextKind) -> ContextSpan:
        """Return what of a paragraph those that depend on it need: its text, of a long one the last sentence."""
        return self._context(kind, paragraph.start, paragraph.end)

    def begin_table(self, header: Line, *, adjacent: bool, context: tuple[ContextSpan, ...]) -> None:
        """Begin a table, with the line right before it as its caption."""
        caption: tuple[ContextSpan, ...] = ()
        if self._lead is not None and (adjacent or self._lead_is_open or _CAPTION.match(self._lead.quote)):
            caption = (ContextSpan("title", self._lead.start, self._lead.end, self._lead.quote),)
        else:
            self._block += 1
        self._table = (*self._asked(), *context, *caption, self._context("header", header.start, header.end))
        self._table_start = header.start
        self._lead = None

    def row(self, line: Line, table: Table) -> None:
        """Write a row of the table that was begun last."""
        self._row(line, cells_of(line, table))

    def _row(self, line: Line, cells: tuple[Cell, ...]) -> None:
        outer = line.start if self._table_start is None else self._table_start
        self._table_start = None
        self._add(Unit("row", line.start, line.end, line.start, self._block, outer, self._table, cells))

    def _columns(self, paragraph: Paragraph, table: Columns) -> None:
        if table.header is None:
            self._block += 1
            self._table, self._table_start = (*self._asked(), *paragraph.context), None
        else:
            self.begin_table(table.header, adjacent=False, context=paragraph.context)
        for line, cells in table.rows:
            self._row(line, cells)
        self._lead = None

    def begin_code(self, context: tuple[ContextSpan, ...]) -> None:
        """Begin a block of code; what stands right before it says what it is for."""
        lead = (self._lead,) if self._lead is not None and self._lead not in context else ()
        if not lead:
            self._block += 1
        self._code_context = (*self._asked(), *context, *lead)

    def code(self, line: Line) -> None:
        """Take a line of the block of code."""
        if line.text:
            self._code.append(line)

    def end_code(self) -> None:
        """Write the block of code, if there is one."""
        lines, self._code = self._code, []
        if lines:
            start = lines[0].start
            self._add(Unit("code", start, lines[-1].end, start, self._block, start, self._code_context))
        self._lead = None

    def _reset(self) -> None:
        self._end_question()
        self._part += 1
        self._message = ()

    def _end_question(self) -> None:
        self._block += 1
        self._question = self._lead = self._table_start = None
        self.asked = self._stands_alone = False

    def _asked(self) -> tuple[ContextSpan, ...]:
        return self._message if self._question is None else (*self._message, self._question)

    def _add(self, unit: Unit) -> None:
        self._units.append(replace(unit, part=self._part) if self._part else unit)
        self.after_heading = False

    def _write(self, part: Paragraph) -> None:
        start, end = part.start, part.end
        alone = self._is_question(part)
        kind: UnitKind = "question" if alone else part.kind
        if kind == "question":
            self._end_question()
        skipped = part.mark.length if part.mark is not None else part.skipped
        context = (*self._asked(), *part.context)
        self._add(Unit(kind, start, end, start + skipped, self._block, start, context, quoted=part.lines[0].quoted))
        last = part.lines[-1].text
        self._lead = self._context("lead_in", start, end)
        self._lead_is_open = last.endswith((":", "：")) or not last.endswith(_ENDS)
        if kind == "question":
            self._question = self._context("question", start, end)
            self.asked, self._stands_alone, self._lead_is_open = not alone, alone, False
        elif self._stands_alone:
            self._question, self._stands_alone = None, False

    def _is_question(self, part: Paragraph) -> bool:
        """Return whether a paragraph is nothing but a question, which the next one answers."""
        if part.kind not in ("prose", "answer") or self.asked or part.lines[0].quoted:
            return False
        said = self._text[part.start : part.end] if part.end - part.start <= _QUESTION else ""
        if not said.rstrip("*_").endswith(("?", "？")) or (part.kind == "answer" and not self._stands_alone):
            return False
        return len(list(sentence_spans(said, 0, len(said)))) == 1

    def _context(self, kind: ContextKind, start: int, end: int) -> ContextSpan:
        if end - start > LONGEST_CONTEXT and kind not in ("header", "question"):
            *_, (start, end) = sentence_spans(self._text, max(start, end - _LOOKED_AT), end)
        end = min(end, start + LONGEST_CONTEXT)
        return ContextSpan(kind, start, end, self._text[start:end])
