"""The words of a question and where they stand: the share of them, by rarity, that a text holds, misspelt ones too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from retriever.index.lexical import stems
from retriever.text.spelling import nearly_equal


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


def union(parts: Iterable[frozenset[str]]) -> frozenset[str]:
    """Return what any of the parts holds."""
    return frozenset().union(*parts)
