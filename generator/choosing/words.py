"""The words of a question and where they stand: the share of them, by rarity, that a text holds, misspelt ones too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from retriever.index.lexical import stems

_SHORT = 5  # letters from which on a word may be misspelt in one of them
_LONG = 8  # in two


@dataclass(frozen=True)
class Words:
    """The stems of a question with their weights: how rare each is in the domain."""

    weights: Mapping[str, float]

    def share(self, held: Set[str]) -> float:
        """Return the share of the question, by rarity, that these stems hold, 0 to 1."""
        total = sum(self.weights.values())
        return sum(weight for stem, weight in self.weights.items() if stem in held) / total if total else 0.0

    def held(self, text: str) -> frozenset[str]:
        """Return the stems of the question that a text holds, as they are or spelt nearly so."""
        there = set(stems(text))
        found = {stem for stem in self.weights if stem in there}
        for stem in self.weights.keys() - found:
            if any(nearly_equal(stem, other) for other in there):
                found.add(stem)
        return frozenset(found)


def nearly_equal(one: str, other: str) -> bool:
    """Return whether two words are the same but for a slip: one letter from five letters on, two from eight on.

    Letters that changed places are one slip. The first letter and digits must be right, and scripts without letters
    have no such slips.
    """
    shorter = min(len(one), len(other))
    if shorter < _SHORT or one[0] != other[0] or not (one.isascii() and one.isalpha() and other.isalpha()):
        return False
    allowed = 2 if shorter >= _LONG else 1
    return abs(len(one) - len(other)) <= allowed and _distance(one, other, allowed) <= allowed


def _distance(one: str, other: str, most: int) -> int:
    """Return how many letters are inserted, left out, changed or swapped with the next (Damerau 1964), up to `most`."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        now = [row]
        for column, beside in enumerate(other, start=1):
            cost = min(last[column] + 1, now[column - 1] + 1, last[column - 1] + (letter != beside))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == beside:
                cost = min(cost, before[column - 2] + 1)
            now.append(cost)
        if min(now) > most:
            return most + 1
        before, last = last, now
    return last[-1]


def union(parts: Iterable[frozenset[str]]) -> frozenset[str]:
    """Return what any of the parts holds."""
    return frozenset().union(*parts)
