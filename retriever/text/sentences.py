"""Sentences of English and Chinese text, as exact spans."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

# A sentence ends at a line break, at CJK marks at once, and at Latin ones before a blank and no lower-case letter.
_END = re.compile(r"\n+|[。！？；]+[”」』）]*|(?<!\b[A-Z])[.!?]+[\"')\]]*(?=\s+[^a-z\s])")


@dataclass(frozen=True)
class Sentence:
    """`text` is the span `[start, end)` of the text it was cut from, without white space around it."""

    start: int
    end: int
    text: str


def split_sentences(text: str) -> list[Sentence]:
    """Return the sentences of a text in order; together they hold all of it but white space."""
    bounds = [0, *(match.end() for match in _END.finditer(text)), len(text)]
    found = []
    for start, end in pairwise(bounds):
        solid = text[start:end].strip()
        if solid:
            begin = start + text[start:end].index(solid)
            found.append(Sentence(begin, begin + len(solid), solid))
    return found
