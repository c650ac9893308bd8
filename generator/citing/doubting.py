"""What the reader has against a statement: it answers the question, but the passage answers it otherwise.

Words that are right one by one may still make a wrong answer: "Oxygen was discovered by Priestley" of a passage that
names him and its discoverer. Only a statement that holds most of the question's words is looked at, and none that
stands in the passage as it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retriever.index.lexical import content_stems, stems
from retriever.models.span_reader import Reading
from retriever.search.search import Hit

_ANSWERS = 0.7  # share of the question's words from which on a statement answers it
_SPANS = 30  # likeliest spans of a passage that are looked at
_SPAN = 40  # tokens of the longest one


@dataclass(frozen=True)
class Doubts:
    """What the reader made of the hits for a question; `least` is how sure it must be to have something against it."""

    question: str
    hits: Sequence[Hit]
    readings: Sequence[Reading]
    least: float

    def __call__(self, statement: str, hit: int) -> str | None:
        """Return what speaks against a statement about that hit, or None."""
        passage = self.hits[hit].passage.content
        if not answers(statement, self.question, passage):
            return None
        sure, text = otherwise(self.readings[hit], passage, statement)
        return f"the passage answers the question with {text!r}" if sure >= self.least else None


def answers(statement: str, question: str, passage: str) -> bool:
    """Return whether a statement answers the question in words of its own, so that the reader can judge it."""
    asked = set(content_stems(question))
    if not asked or _letters(statement) in _letters(passage):
        return False
    return len(asked & set(stems(statement))) >= _ANSWERS * len(asked)


def otherwise(reading: Reading, passage: str, statement: str) -> tuple[float, str]:
    """Return how likely the passage answers with what the statement does not say, 0 to 1, and with what."""
    count, said = len(reading.starts), _letters(statement)
    if not count:
        return 0.0, ""
    sums = reading.starts[:, None] + reading.ends[None, :]
    length = np.arange(count)[None, :] - np.arange(count)[:, None]
    sums = np.where((length >= 0) & (length < _SPAN), sums, -np.inf).ravel()
    top = np.argsort(-sums)[:_SPANS]
    highest = max(float(sums[top[0]]), reading.nothing)
    total, against, text = math.exp(reading.nothing - highest), 0.0, ""
    for place in top:
        first, last = divmod(int(place), count)
        span = passage[int(reading.offsets[first, 0]) : int(reading.offsets[last, 1])]
        weight = math.exp(float(sums[place]) - highest)
        total += weight
        if not (letters := _letters(span)) or letters not in said:
            against, text = against + weight, text or span
    return against / total, text


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
