"""Legends: the sentence of a document that says what an empty cell of its tables means."""

from __future__ import annotations

import re

from retriever.text.sentences import sentence_spans
from store.layout import ContextSpan

EMPTY = re.compile(
    r"\b(?:empty|blank)\s+(?:cells?|fields?|box|boxes|entry|entries|spaces?)\b|\bno\s+(?:entry|number|value|price)\b"
    r"(?=.{0,40}\bmeans\b)|空格|空白|空着|留空|未填",
    re.I,
)
_REACH = 600  # characters around the words in which its paragraph is looked for


def legend_of(text: str) -> ContextSpan | None:
    """Return the sentence of a text about empty cells, the first if there are several; None if there is none."""
    match = EMPTY.search(text)
    if match is None:
        return None
    begin = text.rfind("\n\n", max(0, match.start() - _REACH), match.start())
    end = text.find("\n\n", match.end(), match.end() + _REACH)
    begin = max(0, match.start() - _REACH) if begin < 0 else begin + 2
    end = min(len(text), match.end() + _REACH) if end < 0 else end
    for start, stop in sentence_spans(text, begin, end):
        if start <= match.start() < stop:
            quote = text[start:stop].strip()
            place = text.index(quote, start)
            return ContextSpan("header", place, place + len(quote), quote)
    return None
