"""Windows: sentences of a paragraph, list item or answer that are short enough to be quoted together, or a table row.

A single sentence is often half of what was asked for: the exception stands in the next one, or what "they" means in the
one before. So what competes to be the answer is a window around a sentence, never across paragraphs or items.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from retriever.search.search import Hit
from retriever.text.analysis import CJK
from retriever.text.sentences import split_sentences
from store.layout import Layout, Statement, StatementKind
from store.passages import Passage

LONGEST = 45.0  # words of a window of several sentences; a CJK character counts as .55 of one
_CJK_WORD = 0.55
_WORD = re.compile(rf"([{CJK}])|[^\W_{CJK}]+")
_JOINED: frozenset[StatementKind] = frozenset({"prose", "item", "answer"})


@dataclass(frozen=True)
class Window:
    """Statements `first` to `last` of the passage of `hits[hit]`, as the passage shows them.

    `context` is what else is shown with them: lead-in, question or clause; `heading` the path of their headings.
    """

    hit: int
    first: int
    last: int
    kind: StatementKind
    text: str
    context: str
    heading: str
    statements: tuple[Statement, ...]

    @property
    def said(self) -> str:
        """The window with what it needs to be understood."""
        return "\n".join(part for part in (self.heading, self.context, self.text) if part)


def word_count(text: str) -> float:
    """Return the length of a text in words, each CJK character counted as a part of one."""
    return sum(_CJK_WORD if match[1] else 1.0 for match in _WORD.finditer(text))


def layout_of(passage: Passage) -> Layout:
    """Return the layout of a passage; of one that an earlier version cut, its sentences."""
    if passage.layout is not None:
        return passage.layout
    ahead, start = len(passage.content) - len(passage.text), passage.start
    return Layout(
        tuple(
            Statement("prose", start + each.start, start + each.end, ahead + each.start, ahead + each.end)
            for each in split_sentences(passage.text)
        )
    )


def windows(hits: Sequence[Hit]) -> Iterator[Window]:
    """Yield the windows of the hits in order, one around each statement, none twice.

    A question is never an answer, nor is a line that only leads to a list or heads a message: what stands below has
    it in front.
    """
    for number, hit in enumerate(hits):
        layout = layout_of(hit.passage)
        last: tuple[int, int] | None = None
        leads = {(span.start, span.end) for span in layout.context if span.kind in ("lead_in", "title")}
        for place, statement in enumerate(layout.statements):
            if statement.kind == "question" or (statement.start, statement.end) in leads:
                continue
            extent = _extent(hit.passage.content, layout.statements, place)
            if extent != last:
                yield _window(number, hit.passage, layout, *extent)
            last = extent


def _window(number: int, passage: Passage, layout: Layout, first: int, last: int) -> Window:
    statements = layout.statements[first : last + 1]
    text = passage.content[statements[0].shown_start : statements[-1].shown_end]
    spans = dict.fromkeys(each for statement in statements for each in statement.context)
    context = "\n".join(" ".join(layout.context[each].quote.split()) for each in spans if shown_apart(layout, each))
    return Window(number, first, last, statements[0].kind, text, context, passage.heading, statements)


def part_of(window: Window, content: str, first: int, last: int) -> Window:
    """Return what statements `first` to `last` of a window say, counted from its own first."""
    kept = window.statements[first : last + 1]
    text = content[kept[0].shown_start : kept[-1].shown_end]
    return replace(window, first=window.first + first, last=window.first + last, text=text, statements=kept)


def shown_apart(layout: Layout, number: int) -> bool:
    """Return whether a span of context is words of its own: the names of columns stand in each row already."""
    return layout.context[number].kind not in ("header", "title")


def _extent(content: str, statements: Sequence[Statement], place: int) -> tuple[int, int]:
    """Return the first and last statement of the window around one: what follows is taken in before what precedes."""
    first = last = place
    if statements[place].kind not in _JOINED:
        return first, last
    line = _line(content, statements, place)
    grown = True
    while grown:
        grown = False
        for begin, end in ((first, last + 1), (first - 1, last)):
            if begin < line[0] or end > line[1]:
                continue
            if word_count(content[statements[begin].shown_start : statements[end].shown_end]) <= LONGEST:
                first, last, grown = begin, end, True
    return first, last


def _line(content: str, statements: Sequence[Statement], place: int) -> tuple[int, int]:
    """Return the first and the last statement on the line of the content that this one is on: its paragraph or item."""
    begin = content.rfind("\n", 0, statements[place].shown_start) + 1
    end = content.find("\n", statements[place].shown_end)
    first = last = place
    while first and statements[first - 1].shown_start >= begin:
        first -= 1
    while last + 1 < len(statements) and (end < 0 or statements[last + 1].shown_end <= end):
        last += 1
    return first, last
