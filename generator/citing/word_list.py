"""Tables of words are written as text."""

from __future__ import annotations


def word_list(text: str) -> list[str]:
    """Return the words of a text in order."""
    return text.split()
