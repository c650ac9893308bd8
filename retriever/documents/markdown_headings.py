"""The headings of Markdown: where they stand, and where the text below those at the beginning of a passage begins."""

from __future__ import annotations

import re
from collections.abc import Iterator

from retriever.documents.blocks import Block

# A longer line is text, whatever it begins with: the heading path must leave room for the passage in the encoder.
LONGEST_HEADING = 120
_HEADING = re.compile(rf"^(#{{1,6}})[ \t]+(\S.{{0,{LONGEST_HEADING - 1}}})$", re.MULTILINE)
_FENCED = re.compile(r"^(```|~~~)[^\n]*\n.*?(?:^\1|\Z)", re.MULTILINE | re.DOTALL)
_LEADING = re.compile(rf"(?:{_HEADING.pattern}(?:\n\s*)?)+", re.MULTILINE)


def headings(text: str) -> tuple[Block, ...]:
    """Return the headings of a text in order; a line inside fences is none: `# x` is a comment there."""
    return tuple(_headings(text))


def below_headings(text: str, start: int, end: int) -> int:
    """Return where in this span the text below the headings that it begins with begins; `start` if there is none."""
    leading = _LEADING.match(text, start, end)
    return leading.end() if leading is not None and text[leading.end() : end].strip() else start


def _headings(text: str) -> Iterator[Block]:
    fences = [(match.start(), match.end()) for match in _FENCED.finditer(text)][::-1]
    for match in _HEADING.finditer(text):
        while fences and fences[-1][1] <= match.start():
            fences.pop()
        if not fences or match.start() < fences[-1][0]:
            yield Block("heading", match.start(), match.end(), len(match[1]), _title(match[2]))


def _title(line: str) -> str:
    """Return a heading without the marks that close it: those after a blank, so that `C#` keeps its own."""
    solid = line.rstrip()
    bare = solid.rstrip("#")
    return bare.rstrip() if bare.endswith((" ", "\t")) else solid
