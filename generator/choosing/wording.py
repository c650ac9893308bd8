"""Wording: a chosen window as an answer that can be understood alone, and the span of its passage that it quotes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from generator.answer import Quote
from generator.choosing.answer_types import type_asked
from generator.choosing.days import agreement
from generator.choosing.measures import Measured
from generator.choosing.windows import Window, layout_of, shown_apart
from generator.choosing.words import Words
from retriever.index.lexical import content_stems
from retriever.search.search import Hit
from retriever.text.analysis import is_cjk
from store.layout import Cell, ContextSpan, Layout, Statement, StatementKind

_LIST = 60.0  # words of a list that is quoted whole
_HALF = 0.5  # of the question's words, which headings and lead-in hold where it is about all that stands below them
_PRICE = re.compile(r"\b(?:price|cost|fee|rate|charge|eur|usd|gbp|chf)\b|[€$£]|价|费|元", re.I)
_BRACKETS = re.compile(r"[(（\[][^)）\]]*[)）\]]")
_LISTING = re.compile(
    r"\bhow (?:do|can|should|must) (?:i|we|you|one)\b|\bhow to\b|\bwhat are\b|\b(?:steps|procedure|checklist)\b"
    r"|\bwhat (?:do|does|must|should|can)\b[^.?!]{0,60}\b(?:need|contain|include|bring|consist)\b"
    r"|怎么|如何|步骤|流程|有哪些|(?:需要|包括|包含|带)(?:哪些|什么)",
    re.I,
)
_SPEAKER = r"(?:Q|A|Question|Answer|问|答|问题|回答)\s?[:：]"
_MARK = re.compile(  # of an item: "3.5 metres" and "-18 degrees" have none
    r"^(?:[-*+](?=\s)|[•·]|\d{1,3}[.)、．](?!\d)|\d{1,3}(?:\.\d{1,3})+\.?(?=\s)|[a-z][.)](?=\s)"
    rf"|[（(][一二三四五六七八九十\d]{{1,3}}[)）]|[①-⑳]|{_SPEAKER})\s*",
    re.I,
)
_SPOKEN = re.compile(rf"^{_SPEAKER}\s*", re.I)
_ORDINALS = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5,
    "last": -1, "final": -1,
    "第一": 1, "首先": 1, "第二": 2, "第三": 3, "第四": 4, "第五": 5, "最后": -1,
}  # fmt: skip
_ORDINAL = re.compile(
    rf"\b({'|'.join(word for word in _ORDINALS if word.isascii())})\b(?=\s+(?:step|thing|item|point|task|action|rule))"
    rf"|\b(?:step|point|item|rule)\s+(\d{{1,2}})\b"
    rf"|({'|'.join(word for word in _ORDINALS if not word.isascii())})一?(?:步|件|条|项|点|个)",
    re.I,
)


@dataclass(frozen=True)
class Said:
    """A text to answer with, without its marker, and the characters of the passage's text that it quotes."""

    text: str
    quote: Quote


def word(chosen: Measured, hits: Sequence[Hit], question: str, words: Words) -> Said:
    """Return the chosen window in words."""
    window, hit = chosen.window, hits[chosen.window.hit]
    layout = layout_of(hit.passage)
    if window.kind == "row":
        cells = window.statements[0].cells
        asked = asked_cell(cells, words, question)
        return Said(_row(cells, asked, words), _quote(hit, window, window.statements))
    said = _listed(window, hit.passage.content, layout, question, words) or _continued(window, hit, layout)
    spans = [layout.context[each] for each in said[0].context if shown_apart(layout, each)]
    return Said(_led_in(spans, _lines(hit.passage.content, said), window.kind), _quote(hit, window, said))


def _continued(window: Window, hit: Hit, layout: Layout) -> tuple[Statement, ...]:
    """Return the statements of a window, with the code or items that they lead to: "start it again:" says nothing."""
    said = window.statements
    if not window.text.rstrip().endswith((":", "：")):
        return said
    below: list[Statement] = []
    for each in layout.statements[window.last + 1 :]:
        leads = any(layout.context[n].kind == "lead_in" and layout.context[n].end == said[-1].end for n in each.context)
        if not leads or len(hit.passage.content[said[0].shown_start : each.shown_end]) > _LIST * 8:
            break
        below.append(each)
    return (*said, *below)


def asked_cell(cells: Sequence[Cell], words: Words, question: str = "") -> int | None:
    """Return the one column that is asked for; None if that is not clear: then the whole row is the answer.

    The question holds all words of its name, but not as in "per pack"; or a day that it means; or an amount of money is
    asked for and one column alone is a price. The first column names the row, so it is not asked for.
    """
    days = [agreement(question, each.column) for each in cells[1:]]
    if best := max(days, default=0):
        return days.index(best) + 1 if days.count(best) == 1 else None
    named = [_named(question, each.column, words) for each in cells[1:]]
    if any(named):
        return named.index(True) + 1 if named.count(True) == 1 else None
    prices = [_PRICE.search(each.column) is not None for each in cells[1:]]
    money = type_asked(question) == "money"
    return prices.index(True) + 1 if money and prices.count(True) == 1 else None


def _named(question: str, column: str, words: Words) -> bool:
    """Return whether a question holds the words of a column's name, whatever stands in brackets behind it."""
    own = set(content_stems(_BRACKETS.sub(" ", column)))
    each = re.search(rf"(?:\bper|\beach|每)\s*{re.escape(column)}", question, re.I)
    return bool(own) and own <= words.weights.keys() and each is None


def is_empty(cell: Cell) -> bool:
    """Return whether a cell holds nothing, or only a dash."""
    return not cell.text.strip(" -–—/")


def _row(cells: Sequence[Cell], asked: int | None, words: Words) -> str:
    """Return the cell that is asked for, with those that name the row; the whole row where that is not clear."""
    chinese = any(is_cjk(letter) for cell in cells for letter in cell.column)
    colon, comma, nothing = ("：", "；", "（空）") if chinese else (": ", "; ", "(empty)")
    shown = [
        each for number, each in enumerate(cells) if asked is None or number in (0, asked) or words.held(each.text)
    ]
    return comma.join(
        f"{each.column}{colon}{nothing if is_empty(each) else each.text}" if each.column else each.text
        for each in shown
    )


def _listed(window: Window, content: str, layout: Layout, question: str, words: Words) -> tuple[Statement, ...] | None:
    """Return the items to quote in place of the one that was chosen, if the question is about the list.

    It is if the item holds none of its words, which its lead-in or heading then do, or if it asks for a place in it.
    """
    if window.kind != "item":
        return None
    statements = layout.statements
    first, last = window.first, window.last
    while first and _of_one_list(statements[first - 1], statements[first]):
        first -= 1
    while last + 1 < len(statements) and _of_one_list(statements[last], statements[last + 1]):
        last += 1
    place = _place(question)
    items = _items(content, statements[first : last + 1])
    if place is not None and (place == -1 or 1 <= place <= len(items)):
        return items[place - 1 if place > 0 else -1]
    if (first, last) == (window.first, window.last) or (
        words.held(window.text) and not _of_list(window, question, words)
    ):
        return None
    whole = statements[first : last + 1]
    return whole if sum(each.shown_end - each.shown_start for each in whole) <= _LIST * 8 else None


def _of_list(window: Window, question: str, words: Words) -> bool:
    """Return whether a question is about what the lead-in or the headings of an item announce: steps, or parts."""
    return bool(_LISTING.search(question)) and words.share(words.held(f"{window.heading}\n{window.context}")) >= _HALF


def _items(content: str, statements: Sequence[Statement]) -> list[tuple[Statement, ...]]:
    """Return the statements of a list by item: the sentences of one stand on one line."""
    items: list[tuple[Statement, ...]] = []
    for each in statements:
        if items and "\n" not in content[items[-1][-1].shown_end : each.shown_start]:
            items[-1] += (each,)
        else:
            items.append((each,))
    return items


def _of_one_list(one: Statement, other: Statement) -> bool:
    return one.kind == other.kind == "item" and one.context == other.context


def _place(question: str) -> int | None:
    """Return the place in a list that a question asks for, from 1, -1 for the last; None if it asks for none."""
    match = _ORDINAL.search(question)
    if match is None:
        return None
    return int(match[2]) if match[2] else _ORDINALS[(match[1] or match[3]).lower()]


def _led_in(spans: Sequence[ContextSpan], text: str, kind: StatementKind) -> str:
    """Return a text behind the line that leads to it; an answer stands for itself without its question."""
    leads = [each for each in spans if each.kind in ("lead_in", "clause")]
    bare = (_MARK if kind == "item" else _SPOKEN).sub("", text)
    if not leads:
        return bare if not bare or spans or text[:1] in "-*+•·" else text
    before = " ".join(leads[-1].quote.split())
    return f"{before}{'' if is_cjk(before[-1]) or before[-1] in '：；，' else ' '}{bare}"


def _lines(content: str, statements: Sequence[Statement]) -> str:
    """Return what is shown of statements in one line."""
    return " ".join(content[statements[0].shown_start : statements[-1].shown_end].split())


def _quote(hit: Hit, window: Window, statements: Sequence[Statement]) -> Quote:
    return Quote(window.hit, statements[0].start - hit.passage.start, statements[-1].end - hit.passage.start)
