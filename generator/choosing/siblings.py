"""Siblings: documents whose titles are the same but for one word, such as the sheets of three sites.

What a question asks of one of them the others answer in the same words, wrongly. So the word that tells them apart
decides, and a question that puts another word in its place asks for a document that there is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from itertools import combinations

from retriever.text.analysis import CJK
from retriever.text.function_words import FUNCTION_WORDS
from retriever.text.spelling import nearly_equal

_TOKEN = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")
_CHARACTER = re.compile(f"[{CJK}]")
_NAME = 3  # characters of a name in which Chinese titles may differ


@dataclass(frozen=True)
class Slot:
    """The place in which the titles of siblings differ: what stands there, and the word beside it in all of them."""

    fillers: frozenset[str]
    beside: str


def slots(titles: Sequence[str]) -> list[Slot]:
    """Return the slots of these titles, each with all that stands in it."""
    found: dict[tuple[tuple[str, ...], int], set[str]] = {}
    known = [tokens for tokens in dict.fromkeys(map(_tokens, titles)) if len(tokens) > 1]
    for one, other in combinations(known, 2):
        span = _differing(one, other)
        if span is not None:
            first, last = span
            frame = (*one[:first], "", *one[last:])
            found.setdefault((frame, first), set()).update(("".join(one[first:last]), "".join(other[first:last])))
    return [
        Slot(frozenset(fillers), frame[place + 1] if place + 1 < len(frame) else frame[place - 1])
        for (frame, place), fillers in found.items()
    ]


def _differing(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[int, int] | None:
    """Return where alone two titles differ: in one word that is no number, or in up to three characters in a row."""
    if len(one) != len(other):
        return None
    places = [place for place, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1]]
    if not places or len(places) == len(one):
        return None
    first, last = places[0], places[-1] + 1
    words = (*one[first:last], *other[first:last])
    if any(word.isdigit() for word in words):
        return None
    together = last - first == 1 or (last - first <= _NAME and all(_CHARACTER.fullmatch(word) for word in words))
    return (first, last) if together else None


def other_siblings(question: str, titles: Sequence[str]) -> list[bool]:
    """Return for each title whether it belongs to another sibling than the one that the question names."""
    result = [False] * len(titles)
    for slot in slots(titles):
        named = {filler for filler in slot.fillers if _holds(question, filler, misspelt=True)}
        for place, title in enumerate(titles if named else ()):
            own = {filler for filler in slot.fillers if _holds(title, filler)}
            result[place] = result[place] or bool(own and not own & named)
    return result


def unknown_sibling(question: str, titles: Sequence[str], unseen: Set[str]) -> str | None:
    """Return the name that a question puts into a slot in which no title has it, such as "East depot"; else None.

    `unseen` are the words of the question, in lower case, that no document holds.
    """
    written = [match[0] for match in _TOKEN.finditer(question)]
    for slot in slots(titles):
        cjk = _CHARACTER.match(slot.beside) is not None
        length = max(map(len, slot.fillers)) if cjk else 1
        for place, token in enumerate(written):
            before = written[max(0, place - length) : place]
            name = "".join(before).lower()
            if token.lower() != slot.beside or not name or name in slot.fillers or name in FUNCTION_WORDS:
                continue
            if any(nearly_equal(name, filler) for filler in slot.fillers):
                continue  # a slip of spelling
            if (f"{before[-1]}{token}" if cjk else name) in unseen:
                return "".join([*before, token]) if cjk else f"{before[0]} {token}"
    return None


def _holds(text: str, filler: str, *, misspelt: bool = False) -> bool:
    """Return whether a text has a filler as a word, or spelt nearly so."""
    words = _tokens(text)
    if _CHARACTER.match(filler):
        return filler in "".join(words)
    return filler in words or (misspelt and any(nearly_equal(filler, word) for word in words))


def _tokens(text: str) -> tuple[str, ...]:
    return tuple(match[0].lower() for match in _TOKEN.finditer(text))
