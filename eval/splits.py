"""Splitting a data set by document: questions that share a document stay together, or the test would measure memory.

Which split a group comes into follows from the names of its documents alone, so a file that grew is split as before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal

Split = Literal["train", "dev", "test"]
SHARES: tuple[tuple[Split, float], ...] = (("test", 0.2), ("dev", 0.2), ("train", 0.6))


def split_by_document(questions: Sequence[tuple[str, Sequence[str]]]) -> list[Split]:
    """Return a split for each question with its documents: about 20 % test, 20 % dev, 60 % train.

    A question without documents goes by its own words. With fewer than three groups all is for training; with more,
    no split stays empty.
    """
    groups = _groups(questions)
    places = {group: _place(group) for group in groups}
    chosen: dict[str, Split] = {group: _split_at(place) for group, place in places.items()}
    order = sorted(places, key=places.__getitem__)
    if len(order) < len(SHARES):
        return ["train"] * len(questions)
    for target, near in (("test", order[0]), ("train", order[-1]), ("dev", order[1])):
        if target not in chosen.values():
            chosen[near] = target  # type: ignore[assignment]
    return [chosen[group] for group in groups]


def _groups(questions: Sequence[tuple[str, Sequence[str]]]) -> list[str]:
    """Return for each question the name of its group: the smallest name among all that hang together."""
    smallest: dict[str, str] = {}

    def root(name: str) -> str:
        while smallest.setdefault(name, name) != name:
            name = smallest[name]
        return name

    marks = [
        [f"document {each}" for each in documents] or [f"question {' '.join(question.casefold().split())}"]
        for question, documents in questions
    ]
    for mine in marks:
        for mark in mine[1:]:
            low, high = sorted((root(mine[0]), root(mark)))
            smallest[high] = low
    return [root(mine[0]) for mine in marks]


def _place(group: str) -> float:
    """Return a number from 0 to 1 that looks random and is the same everywhere."""
    return int.from_bytes(hashlib.sha256(group.encode()).digest()[:8], "big") / 2**64


def _split_at(place: float) -> Split:
    end = 0.0
    for split, share in SHARES:
        end += share
        if place < end:
            return split
    return SHARES[-1][0]
