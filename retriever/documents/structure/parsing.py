"""From the lines of a text to its units, in one pass. What a line is depends on it, on those before, and on two behind.

Markdown and plain text are read alike: people number, underline and indent in both. What a mark alone may mean by
accident, as a number at the beginning of a wrapped line, is taken for one only where its list began or goes on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain, islice

from retriever.documents.structure.fences import fences
from retriever.documents.structure.fields import Paragraph
from retriever.documents.structure.headings import (
    Heading,
    is_rule,
    marked_heading,
    plain_heading,
    standing_heading,
    underlined_heading,
)
from retriever.documents.structure.lines import Line, lines_of
from retriever.documents.structure.lists import Lists
from retriever.documents.structure.marks import Mark, answer_mark, mark_of, question_mark
from retriever.documents.structure.paragraphs import Writer
from retriever.documents.structure.tables import Table, is_boxed, is_delimiter, is_row, table_of
from retriever.documents.structure.units import Unit, UnitKind

_AHEAD = 3  # lines that are looked at behind one
_SENTENCE_ENDS = tuple(".。:：;；!！?？)）")


def units(text: str, *, markdown: bool, headings: Sequence[tuple[int, int, str]] | None = None) -> Iterator[Unit]:
    """Yield the units of a text in order.

    `headings` are those that the format knows, as (start, level, title): then no line is a heading but these.
    """
    parser = _Parser(text, markdown=markdown, headings=headings)
    window: deque[Line] = deque()
    source = lines_of(text)
    window.extend(islice(source, _AHEAD))
    for line in chain(source, (None,) * _AHEAD):
        if window:
            parser.read(window.popleft(), window)
            yield from parser.taken()
        if line is not None:
            window.append(line)
    while window:
        parser.read(window.popleft(), window)
        yield from parser.taken()
    parser.end()
    yield from parser.taken()


class _Parser:
    def __init__(self, text: str, *, markdown: bool, headings: Sequence[tuple[int, int, str]] | None) -> None:
        self._fences = fences(text)
        self._fence: int | None = None  # where the block of code that is open closes
        self._known = None if headings is None else deque(headings)
        self._markdown = markdown
        self._out = Writer(text, markdown=markdown)
        self._paragraph: Paragraph | None = None
        self._lists = Lists(self._out)
        self._table: Table | None = None
        self._blank = True  # whether nothing that a line could go on stands right before it

    def taken(self) -> list[Unit]:
        """Return the units that are ready, which are then forgotten here."""
        return self._out.taken()

    def end(self) -> None:
        """Finish what is open."""
        self._flush()
        self._out.end_code()

    def read(self, line: Line, after: Sequence[Line]) -> None:
        """Take the next line; `after` are those behind it."""
        if self._in_fence(line):
            return
        if not line.text:
            self._flush()
            self._table, self._blank = None, True
            return
        if not (self._is_table(line, after) or self._is_heading(line, after) or self._is_mark(line, after)):
            self._prose(line)
        self._blank = False

    def _in_fence(self, line: Line) -> bool:
        if self._fence is not None:
            if line.start >= self._fence or line.end >= self._fence:
                self._fence, self._blank = None, True
                self._out.end_code()
            else:
                self._out.code(line)
            return True
        place = line.start
        if "```" not in line.text[:8] and "~~~" not in line.text[:8]:
            return False
        place += max(0, min(each for each in (line.text.find("```"), line.text.find("~~~")) if each >= 0))
        if place not in self._fences:
            return False
        if place > line.start:
            self._is_mark(line, ())
        self._flush()
        self._table, self._fence = None, self._fences[place]
        self._out.begin_code(self._lists.context(line))
        return True

    def _is_table(self, line: Line, after: Sequence[Line]) -> bool:
        if self._table is not None:
            if is_row(line):
                if not (is_delimiter(line) or is_rule(line)):
                    self._out.row(line, self._table)
                return True
            self._table = None
        if not is_row(line) or not after:
            return False
        boxed = is_boxed(line) and len(after) > 1 and is_boxed(after[0]) and is_boxed(after[1])
        if (not is_delimiter(after[0]) and not boxed) or is_delimiter(line):
            return False
        adjacent = self._paragraph is not None
        self._flush()
        self._lists.end_unless_within(line)
        self._table = table_of(line, markdown=self._markdown)
        self._out.begin_table(line, adjacent=adjacent, context=self._lists.context(line))
        return True

    def _is_heading(self, line: Line, after: Sequence[Line]) -> bool:
        known = self._known
        found = self._found_heading(line, after) if known is None else _known_heading(line, known)
        if found is not None:
            self._flush()
            self._lists.end()
            self._out.heading(line, found)
            return True
        if is_rule(line):
            if self._known is None and self._underlines(line):
                return True
            self._flush()
            self._lists.end()
            self._out.rule()
            return True
        return self._known is None and len(line.text) == 2 and self._underlines(line)

    def _found_heading(self, line: Line, after: Sequence[Line]) -> Heading | None:
        follows = self._blank or self._out.after_heading
        alone = self._blank and (not after or not after[0].text)
        if line.text.startswith("#"):
            return marked_heading(line, alone=alone, markdown=self._markdown)
        if (
            after
            and (len(after[0].text) > 2 and is_rule(after[0]))
            and underlined_heading(line, after[0], markdown=self._markdown)
        ):
            return None  # the line below decides
        if not follows:
            return None
        mark = mark_of(line.text)
        found = standing_heading(line, mark, self._lists.last_mark, after, alone=alone or self._out.after_heading)
        plain = found is None and mark is None and alone and not (self._markdown or self._out.in_message)
        return plain_heading(line, after) if plain else found

    def _underlines(self, under: Line) -> bool:
        """Turn the open paragraph into a heading if this line underlines it."""
        above = self._paragraph
        if above is None or len(above.lines) != 1 or (above.mark is not None and above.mark.order is None):
            return False
        found = underlined_heading(above.lines[0], under, markdown=self._markdown)
        if found is None:
            return False
        self._paragraph = None
        self._lists.end()
        self._out.heading(above.lines[0], found)
        return True

    def _is_mark(self, line: Line, after: Sequence[Line]) -> bool:
        if self._is_question(line, after):
            return True
        mark = mark_of(line.text)
        if mark is None or not self._begins(line, mark):
            return False
        adjacent = self._paragraph is not None
        self._flush()
        self._paragraph = Paragraph([line], mark, self._lists.item(line, mark, adjacent=adjacent))
        return True

    def _is_question(self, line: Line, after: Sequence[Line]) -> bool:
        length = question_mark(line.text)
        if length and ("?" in line.text or "？" in line.text or any(answer_mark(each.text) for each in after)):
            kind: UnitKind = "question"
        elif self._asked() and (length := answer_mark(line.text)):
            kind = "answer"
        else:
            return False
        self._flush()
        self._lists.end()
        self._paragraph = Paragraph([line], None, (), kind, length)
        return True

    def _asked(self) -> bool:
        return self._out.asked or (self._paragraph is not None and self._paragraph.kind == "question")

    def _begins(self, line: Line, mark: Mark) -> bool:
        """Return whether a mark is one, and no number or dash at the beginning of a wrapped line."""
        if self._blank or self._paragraph is None:
            return True
        last = self._paragraph.lines[-1].text
        if mark.order is None or (last.endswith(_SENTENCE_ENDS) and mark.order == 1) or last.endswith((":", "：")):
            return True
        if mark.above and not last.endswith(_SENTENCE_ENDS) and line.text[mark.length].islower():
            return False
        return self._lists.goes_on(line, mark) or (
            self._paragraph.mark is None and mark.order == 1 and mark.family in ("point", "paren", "circled", "bracket")
        )

    def _prose(self, line: Line) -> None:
        if self._paragraph is None:
            context = self._lists.paragraph(line, blank=self._blank)
            kind = "item" if self._lists.is_open else self._out.kind
            self._paragraph = Paragraph([line], None, context, kind)
        elif self._paragraph.lines[-1].quoted != line.quoted and not line.quoted and self._paragraph.mark is None:
            self._flush()
            self._prose(line)
        else:
            self._paragraph.lines.append(line)

    def _flush(self) -> None:
        if self._paragraph is not None:
            paragraph, self._paragraph = self._paragraph, None
            self._out.paragraph(paragraph)
            self._lists.written(paragraph, self._out)


def _known_heading(line: Line, known: deque[tuple[int, int, str]]) -> Heading | None:
    found = None
    while known and known[0][0] <= line.end:
        start, level, title = known.popleft()
        found = Heading(level, title) if start >= line.start - line.indent else None
    return found
