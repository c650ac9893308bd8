"""Paragraphs, and those that are no prose: lines of keys and values, of columns, and lines indented below another."""

from __future__ import annotations

import re
from dataclasses import dataclass

from retriever.documents.structure.lines import Line
from retriever.documents.structure.marks import Mark
from retriever.documents.structure.units import UnitKind
from store.layout import ContextSpan

LONGEST_CONTEXT = 240  # characters: it is repeated with every passage that needs it
_KEY = re.compile(r"(?:\*\*|__)?[^\W_a-z](?:[^\s:：|]|[ \t](?![ \t])){0,29}(?:：|:(?=\s|$|\*\*|__|[^\x00-\x7f]))")
_FIELD = re.compile(r"[\w.-]{1,40}:(?=\s|$)")
_COLUMNS = re.compile(r"\S(?: {3}|\t| {2}[-–—=:] )\s*\S")
_KEY_WORDS = 5
_FEWEST_FIELDS = 3  # lines with a colon behind a word in small letters, before they are taken for keys
_SENDERS = frozenset(["from", "von", "de", "发件人", "寄件人"])
_DATES = frozenset(["date", "sent", "datum", "gesendet", "日期", "时间", "发送时间"])
_NAMES = frozenset(
    [
        "name",
        "company",
        "product",
        "model",
        "item",
        "contact",
        "site",
        "姓名",
        "名称",
        "公司",
        "产品",
        "型号",
        "品名",
        "单位",
    ]
)


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


def parts_of(paragraph: Paragraph) -> list[Paragraph]:
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
    return _of_one_record(parts)


def message_head(parts: list[Paragraph]) -> list[Paragraph]:
    """Return the lines of a message's head that say who wrote it and when; none if the parts are no such head."""
    keys = [_key_of(part.lines[0]) for part in parts if part.kind == "item"]
    if not keys or keys[0] not in _SENDERS:
        return []
    return [part for part in parts if _key_of(part.lines[0]) in _SENDERS | _DATES][:2]


def _of_one_record(parts: list[Paragraph]) -> list[Paragraph]:
    """Give the lines of a record, whose first says what or whom it is about, that line to be understood."""
    first = parts[0].lines[0]
    if len(parts) > 1 and _key_of(first) in _NAMES and len(first.text) <= LONGEST_CONTEXT:
        span = ContextSpan("lead_in", first.start, first.end, first.text)
        for part in parts[1:]:
            if part.kind == "item" and _is_key(part.lines[0]) and _key_of(part.lines[0]) not in _NAMES:
                part.context = (*part.context, span)
    return parts


def _indented(paragraph: Paragraph) -> list[Paragraph]:
    """Return a line and the lines below it, indented, as items of a list."""
    first, second = paragraph.lines[:2]
    span = ContextSpan("lead_in", first.start, first.end, first.text) if len(first.text) <= LONGEST_CONTEXT else None
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
