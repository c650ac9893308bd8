"""Citation markers as models write them, `[1]`, `【1】`, `[1, 2]`, `[1-3]`, `[passage 1]`, and brackets that are text.

A document may hold `[2]` itself, a footnote or a list of references. Where its words are copied, so is the bracket.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from retriever.text.sentences import split_sentences

_NUMBERS = r"\d{1,3}(?:\s*(?:[,，、;；]|[-–—~～至]|and|和)\s*\^?\d{1,3})*"
_WORD = r"(?:passages?|sources?|段落|来源|文档)?"
_BRACKET = rf"[\[【［]\s*\^?{_WORD}\s*(?P<numbers>{_NUMBERS})\s*(?:†[^\]】］]*)?[\]】］]"
MARKER = re.compile(rf"(?P<gap>\s*){_BRACKET}", re.IGNORECASE)
_LEADING = re.compile(rf"(?P<markers>(?:\s*{_BRACKET.replace('?P<numbers>', '?:')})+)", re.IGNORECASE)
_CONTEXT = 16  # characters on each side of a bracket that must stand in a passage, too, for it to be a copy


def marker_numbers(match: re.Match[str], passages: int) -> list[int]:
    """Return the passages that a marker names, in order; none for several numbers of which no passage has any.

    "[0, 100]" may be an interval and stays as it is, a single number is always meant as a marker.
    """
    numbers: list[int] = []
    for part in re.split(r"\s*(?:[,，、;；]|and|和)\s*", match["numbers"]):
        first, *last = (int(number.strip(" ^")) for number in re.split(r"[-–—~～至]", part))
        numbers += range(first, min(last[0], passages) + 1) if last else [first]
    if match["numbers"].isdigit():
        return numbers
    return numbers if any(1 <= number <= passages for number in numbers) and 0 not in numbers else []


def is_copied(text: str, begin: int, match: re.Match[str], passages: Sequence[str]) -> bool:
    """Return whether a bracket stands in a passage between the very words that it stands between in the text.

    The words before it are those from `begin` on, where the marker before ends.
    """
    following = MARKER.search(text, match.end())  # its own markers are not in the passage
    left = _solid(text[begin : match.start()])[-_CONTEXT:]
    right = _solid(text[match.end() : following.start() if following else len(text)])[:_CONTEXT]
    return bool(left) and any(f"{left}{_solid(match[0])}{right}" in passage for passage in map(_solid, passages))


def ends_here(text: str, match: re.Match[str]) -> bool:
    """Return whether nothing but punctuation follows the bracket, so that it may be the model's own."""
    return not re.search(r"\w", text[match.end() :])


def leading_markers_moved(text: str, passages: Sequence[str]) -> str:
    """Return the text with markers that begin a line behind the sentence they stand before, if it has none itself."""
    lines = text.split("\n")
    for place, line in enumerate(lines):
        match = _LEADING.match(line)
        rest = line[match.end() :] if match else ""
        sentences = split_sentences(rest, lines=True)
        if match is None or not sentences or not re.search(r"\w", sentences[0].text):
            continue
        before = MARKER.sub("", lines[place - 1]).strip() if place else ""
        if before and not before.endswith(tuple(".!?。！？:：")):
            continue  # the line before runs on, and its marker was wrapped
        end = sentences[0].end
        own = MARKER.search(sentences[0].text) or MARKER.match(rest[end:])
        copied = _solid(line)[: 2 * _CONTEXT]  # an entry of a list of references
        if own or any(copied in passage for passage in map(_solid, passages)):
            continue
        lines[place] = f"{rest[:end].lstrip()} {match['markers'].strip()}{rest[end:]}"
    return "\n".join(lines)


def _solid(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())
