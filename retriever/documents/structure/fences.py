"""Fenced code: which line of backticks or tildes opens a block, and which closes it."""

from __future__ import annotations

import re
from collections.abc import Mapping

_FENCE = re.compile(
    r"^(?:[ \t]{0,3}>[ \t]?){0,3}[ \t]{0,12}(?:[-*+][ \t]{1,3}|[0-9]{1,3}[.)][ \t]{1,3})?(?P<marks>`{3,200}|~{3,200})"
    r"(?P<info>[^\n`]{0,200})$",
    re.MULTILINE,
)
_MOST = 50_000  # fences that are looked at: those of a hostile text would take more memory than it

_Fence = tuple[int, str, int, bool]  # where its marks begin, which, how many, whether something is said behind them


def fences(text: str) -> Mapping[int, int]:
    """Return where each block of fenced code closes, by where its opening marks begin.

    A block that says what it holds may stand inside of another: a fence with something behind its marks opens one. A
    fence that nothing closes is none, so that what follows keeps its headings.
    """
    found: list[_Fence] = []
    for match in _FENCE.finditer(text) if "```" in text or "~~~" in text else ():
        found.append((match.start("marks"), match["marks"][0], len(match["marks"]), bool(match["info"].strip())))
        if len(found) == _MOST:
            break
    pairs, unclosed = _paired(found, nested=True)
    if unclosed is not None:
        again, _ = _paired(found[unclosed + 1 :], nested=False)
        pairs |= again
    return pairs


def _paired(found: list[_Fence], *, nested: bool) -> tuple[dict[int, int], int | None]:
    pairs: dict[int, int] = {}
    depth = 0
    opened: int | None = None
    for number, (start, character, length, informed) in enumerate(found):
        if opened is None:
            opened, depth = number, 1
            continue
        outer, outer_character, outer_length, _ = found[opened]
        if character != outer_character or length < outer_length:
            continue
        if informed:
            depth += nested and length == outer_length
            continue
        depth -= 1
        if depth == 0:
            pairs[outer] = start
            opened = None
    return pairs, opened
