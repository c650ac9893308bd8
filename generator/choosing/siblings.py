"""Siblings: documents whose titles are the same but for one word, such as the sheets of three sites.

What a question asks of one of them the others answer in the same words, wrongly. So the word that tells them apart
decides, and a question that puts another word in its place asks for a document that there is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from itertools import combinations, pairwise

from retriever.text.analysis import CJK
from retriever.text.function_words import FUNCTION_WORDS
from retriever.text.spelling import nearly_equal

_TOKEN = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")


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
        if len(one) == len(other):
            differing = [place for place, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1]]
            if len(differing) == 1 and not any(word.isdigit() for word in (one[differing[0]], other[differing[0]])):
                (place,) = differing
                frame = (*one[:place], "", *one[place + 1 :])
                found.setdefault((frame, place), set()).update((one[place], other[place]))
    return [
        Slot(frozenset(fillers), frame[place + 1] if place + 1 < len(frame) else frame[place - 1])
        for (frame, place), fillers in found.items()
    ]


def other_siblings(question: str, titles: Sequence[str]) -> list[bool]:
    """Return for each title whether it belongs to another sibling than the one that the question names."""
    asked, result = set(_tokens(question)), [False] * len(titles)
    for slot in slots(titles):
        named = {filler for filler in slot.fillers if filler in asked or any(nearly_equal(filler, w) for w in asked)}
        if named:
            wrong = slot.fillers - named
            result = [
                before or bool(wrong & tokens and not named & tokens)
                for before, tokens in zip(result, (set(_tokens(title)) for title in titles), strict=True)
            ]
    return result


def unknown_sibling(question: str, titles: Sequence[str], unseen: Set[str]) -> str | None:
    """Return the name that a question puts into a slot in which no title has it, such as "East depot"; else None.

    `unseen` are the words of the question, in lower case, that no document holds.
    """
    written = [match[0] for match in _TOKEN.finditer(question)]
    found = slots(titles)
    for before, word in pairwise(written):
        for slot in found:
            low = before.lower()
            if word.lower() == slot.beside and low not in slot.fillers and low not in FUNCTION_WORDS:
                cjk = re.match(f"[{CJK}]", before) is not None
                if (f"{before}{word}" if cjk else low) in unseen:
                    return f"{before}{word}" if cjk else f"{before} {word}"
    return None


def _tokens(text: str) -> tuple[str, ...]:
    return tuple(match[0].lower() for match in _TOKEN.finditer(text))
