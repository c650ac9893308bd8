"""Units written one after another, with what each needs of those before it: the question, the line before a list."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from retriever.documents.structure.headings import Heading
from retriever.documents.structure.lines import Line
from retriever.documents.structure.marks import Mark
from retriever.documents.structure.tables import Table, cells_of
from retriever.documents.structure.units import Unit, UnitKind
from retriever.text.sentences import sentence_spans
from store.layout import ContextKind, ContextSpan

_LONGEST_CONTEXT = 240  # characters: it is repeated with every passage that needs it
_LOOKED_AT = 2000  # characters at the end of a paragraph in which its last sentence is looked for
_KEY = re.compile(r"(?:\*\*|__)?[^\W_a-z](?:[^\s:：|]|[ \t](?![ \t])){0,29}(?:：|:(?=\s|$|\*\*|__|[^\x00-\x7f]))")
_FIELD = re.compile(r"[\w.-]{1,40}:(?=\s|$)")
_COLUMNS = re.compile(r"\S(?: {3}|\t)\s*\S")
_KEY_WORDS = 5
_FEWEST_FIELDS = 3  # lines with a colon behind a word in small letters, before they are taken for keys
_SENDERS = frozenset(["from", "von", "de", "发件人", "寄件人"])
_DATES = frozenset(["date", "sent", "datum", "gesendet", "日期", "时间", "发送时间"])
_CAPTION = re.compile(r"(?:Table|Tab\.|Tabelle|表)[ \t]?[0-9一二三四五六七八九十]", re.IGNORECASE)
_QUESTION = 150  # characters of a question that stands alone
_ENDS = tuple(".。!！?？”\"')）")


@dataclass(slots=True)
class Paragraph:
    """Lines that belong together, with the mark of the item that they are and what they need to be understood."""

    lines: list[Line]
    mark: Mark | None
    context: tuple[ContextSpan, ...]
    kind: UnitKind = "item"
    skipped: int = 0  # characters of the mark of a question or answer

    @property
    def start(self) -> int:
        """Where it begins."""
        return self.lines[0].start

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.lines[-1].end


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
        parts = _parts(paragraph)
        message = self._message_of(parts)
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
        cells = cells_of(line, table)
        outer = line.start if self._table_start is None else self._table_start
        self._table_start = None
        self._add(Unit("row", line.start, line.end, line.start, self._block, outer, self._table, cells))

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

    def _message_of(self, parts: list[Paragraph]) -> tuple[ContextSpan, ...]:
        """Return the lines of a message's head that say who wrote it and when, which the whole message needs."""
        keys = [_key_of(part.lines[0]) for part in parts if part.kind == "item"]
        if not keys or keys[0] not in _SENDERS:
            return ()
        named = [part for part in parts if _key_of(part.lines[0]) in _SENDERS | _DATES]
        return tuple(self._context("title", part.start, part.end) for part in named[:2])

    def _is_question(self, part: Paragraph) -> bool:
        """Return whether a paragraph is nothing but a question, which the next one answers."""
        if part.kind not in ("prose", "answer") or self.asked or part.lines[0].quoted:
            return False
        said = self._text[part.start : part.end] if part.end - part.start <= _QUESTION else ""
        if not said.rstrip("*_").endswith(("?", "？")) or (part.kind == "answer" and not self._stands_alone):
            return False
        return len(list(sentence_spans(said, 0, len(said)))) == 1

    def _context(self, kind: ContextKind, start: int, end: int) -> ContextSpan:
        if end - start > _LONGEST_CONTEXT and kind not in ("header", "question"):
            *_, (start, end) = sentence_spans(self._text, max(start, end - _LOOKED_AT), end)
        end = min(end, start + _LONGEST_CONTEXT)
        return ContextSpan(kind, start, end, self._text[start:end])


def _parts(paragraph: Paragraph) -> list[Paragraph]:
    """Return a paragraph as what it consists of."""
    lines = paragraph.lines
    if len(lines) == 1:
        return [paragraph]
    first, rest = lines[0], lines[1:]
    if first.text.endswith((":", "：")) and min(each.indent for each in rest) > first.indent:
        return _indented(paragraph)
    alone = [_is_field(line) for line in lines]
    if not all(alone) or len(lines) < _FEWEST_FIELDS:
        alone = _runs([_is_key(line) for line in lines], [_is_columns(line) for line in lines])
    parts: list[Paragraph] = []
    for line, single in zip(lines, alone, strict=True):
        if single:
            parts.append(Paragraph([line], None, paragraph.context))
        elif parts and (parts[-1].kind != "item" or line.indent > parts[-1].lines[0].indent):
            parts[-1].lines.append(line)
        else:
            parts.append(Paragraph([line], None, paragraph.context, paragraph.kind))
    if parts[0].kind != "item":
        parts[0].skipped = paragraph.skipped
    return parts


def _indented(paragraph: Paragraph) -> list[Paragraph]:
    """Return a line and the lines below it, indented, as items of a list."""
    first, second = paragraph.lines[:2]
    span = ContextSpan("lead_in", first.start, first.end, first.text) if len(first.text) <= _LONGEST_CONTEXT else None
    context = (*paragraph.context, span) if span is not None else paragraph.context
    parts = [Paragraph([first], None, paragraph.context, paragraph.kind, paragraph.skipped)]
    for line in paragraph.lines[1:]:
        if line.indent > second.indent and len(parts) > 1:
            parts[-1].lines.append(line)
        else:
            parts.append(Paragraph([line], None, context))
    return parts


_Flags = list[bool]


def _runs(*kinds: _Flags) -> _Flags:
    """Return for each line whether it and one beside it are of the same kind."""
    found = [False] * len(kinds[0])
    for flags in kinds:
        for place, flag in enumerate(flags):
            beside = (place > 0 and flags[place - 1]) or (place + 1 < len(flags) and flags[place + 1])
            found[place] = found[place] or (flag and beside)
    return found


def _key_of(line: Line) -> str:
    match = _KEY.match(line.text)
    return match[0].rstrip(":：").strip("*_ \t").casefold() if match is not None else ""


def _is_key(line: Line) -> bool:
    match = _KEY.match(line.text)
    return match is not None and len(match[0].split()) <= _KEY_WORDS


def _is_field(line: Line) -> bool:
    return _is_key(line) or _FIELD.match(line.text) is not None


def _is_columns(line: Line) -> bool:
    return _COLUMNS.search(line.text) is not None
