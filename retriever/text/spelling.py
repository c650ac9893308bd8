"""Slips of spelling: which words are the same but for a letter or two."""

from __future__ import annotations

_SHORT = 5  # letters from which on a word may be misspelt in one of them
_LONG = 8  # in two
_LONGEST = 40  # what has more letters is no word that somebody mistypes


def slips(word: str) -> int:
    """Return how many slips a word may have: digits must be right, and scripts without letters have no such slips."""
    if not _SHORT <= len(word) <= _LONGEST or not (word.isascii() and word.isalpha()):
        return 0
    return 2 if len(word) >= _LONG else 1


def nearly_equal(one: str, other: str) -> bool:
    """Return whether two words are the same but for their slips. The first letter must be right."""
    allowed = min(slips(one), slips(other))
    if not allowed or one[0] != other[0] or abs(len(one) - len(other)) > allowed:
        return False
    return _distance(one, other, allowed) <= allowed


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
