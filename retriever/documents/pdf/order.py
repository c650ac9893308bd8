"""The pieces of text on a page brought into the order of reading, and those of one line joined."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from retriever.documents.pdf.lines import PageLine, Place
from retriever.documents.structure.inline import joint

_SAME_ROW = 0.5  # of the height of the lower piece that must be common to both
_TOUCHING = 0.16  # heights between two pieces of one word
_TOUCHING_CJK = 0.6
_INTERLEAVED = 1.4  # runs of lines for each block
_FAR = 2.0  # heights between pieces that are columns rather than words


def in_order(lines: Sequence[PageLine], blocks: Sequence[Place]) -> list[PageLine]:
    """Return the lines of a page, in the order of the blocks that they stand in.

    A PDF draws its text in any order it likes. Lines in no block stay behind the one that comes before them. Where the
    lines of several blocks alternate, as the columns of a list do, the blocks are wrong, and the order stays.
    """
    if not blocks or any(line.place is None for line in lines):
        return list(_rows([(0, line) for line in lines]))
    numbered: list[tuple[int, PageLine]] = []
    last = 0
    outside = 0
    for line in lines:
        found = next((n for n, place in enumerate(blocks) if line.place is not None and place.holds(line.place)), None)
        outside += found is None
        last = last if found is None else found
        numbered.append((last, line))
    runs = 1 + sum(one[0] != other[0] for one, other in pairwise(numbered))
    if outside * 5 > len(lines) or runs > _INTERLEAVED * len({block for block, _ in numbered}):
        return list(_rows([(0, line) for line in lines]))
    numbered.sort(key=lambda each: each[0])
    return list(_rows(numbered))


def _rows(numbered: Sequence[tuple[int, PageLine]]) -> Iterator[PageLine]:
    """Yield lines: consecutive pieces of a block that stand side by side are one."""
    waiting: tuple[int, PageLine] | None = None
    for block, line in numbered:
        if waiting is not None and waiting[0] == block and (gap := _gap(waiting[1], line)) is not None:
            waiting = (block, _joined(waiting[1], line, gap))
            continue
        if waiting is not None:
            yield waiting[1]
        waiting = (block, line)
    if waiting is not None:
        yield waiting[1]


def _gap(before: PageLine, after: PageLine) -> str | None:
    """Return what stands between two pieces of one line, None if they are not on one."""
    if before.place is None or after.place is None or before.hyphenated:
        return None
    one, other = before.place, after.place
    height = min(one.height, other.height)
    common = min(one.bottom, other.bottom) - max(one.top, other.top)
    distance = other.left - one.right
    if height <= 0 or common < _SAME_ROW * height or distance < -0.5 * height:
        return None
    if distance > _FAR * height:
        return "  "
    cjk = joint(before.text, after.text) == ""
    return "" if distance < (_TOUCHING_CJK if cjk else _TOUCHING) * height else " "


def _joined(before: PageLine, after: PageLine, gap: str) -> PageLine:
    one, other = before.place, after.place
    place = None
    if one is not None and other is not None:
        tall = one if one.height >= other.height else other  # a small sign above a line makes it no higher
        place = Place(min(one.left, other.left), tall.top, max(one.right, other.right), tall.bottom)
    return PageLine(before.text + gap + after.text, place, after.hyphenated)
