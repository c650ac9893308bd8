"""The lines of a text, with what is before their words: indentation and the marks of block quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_QUOTE = re.compile(r"(?:[ \t]{0,3}>[ \t]?+)+")
_TAB = 4


@dataclass(frozen=True, slots=True)
class Line:
    """`text` is `[start, end)` of the whole text, without white space around it and without marks of quotes.

    `indent` are the columns before it, behind those marks.
    """

    start: int
    end: int
    text: str
    indent: int
    quoted: bool


def lines_of(text: str) -> Iterator[Line]:
    """Yield the lines of a text in order, each as it is needed: a large text has millions."""
    place = 0
    while place < len(text):
        end = text.find("\n", place)
        end = len(text) if end < 0 else end
        yield _line(text, place, end)
        place = end + 1


def _line(text: str, start: int, end: int) -> Line:
    quote = _QUOTE.match(text, start, end) if ">" in text[start : start + 4] else None
    begin = quote.end() if quote else start
    raw = text[begin:end]
    bare = raw.lstrip()
    indent = len(raw) - len(bare)
    if indent and "\t" in raw[:indent]:
        indent = len(raw[:indent].expandtabs(_TAB))
    solid = bare.rstrip()
    first = begin + len(raw) - len(bare)
    return Line(first, first + len(solid), solid, indent, quote is not None)
