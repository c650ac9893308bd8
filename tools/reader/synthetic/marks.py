"""Text with marked answers: `mark` puts a key around a piece, `unmarked` takes the marks out and tells their places."""

from __future__ import annotations

import re

_OPEN, _MIDDLE, _CLOSE = "\x01", "\x02", "\x03"
_PART = re.compile(r"\x01([^\x01\x02\x03]*)\x02|\x03")


def mark(key: str, text: str) -> str:
    """Return a text marked as the answer of a key. Marks may stand within marks."""
    return f"{_OPEN}{key}{_MIDDLE}{text}{_CLOSE}"


def unmarked(text: str) -> tuple[str, dict[str, list[tuple[int, int]]]]:
    """Return a text without its marks, and where the answer of each key stands in it."""
    parts: list[str] = []
    length = last = 0
    open_marks: list[tuple[str, int]] = []
    spans: dict[str, list[tuple[int, int]]] = {}
    for match in _PART.finditer(text):
        parts.append(text[last : match.start()])
        length += match.start() - last
        last = match.end()
        if match[1] is not None:
            open_marks.append((match[1], length))
        elif open_marks:
            key, start = open_marks.pop()
            spans.setdefault(key, []).append((start, length))
    parts.append(text[last:])
    return "".join(parts), spans


def keys_of(text: str) -> set[str]:
    """Return the keys that are marked in a text."""
    return {match[1] for match in _PART.finditer(text) if match[1] is not None}
