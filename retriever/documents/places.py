"""Where the passages of a document stand: on which page, in which rectangles; and whether they were recognised."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from retriever.documents.blocks import Block
from store.layout import Box, Source

_MOST_BOXES = 12  # of a passage: it is shown by them, not drawn
_NEAR = 12  # points between lines that make one rectangle


class Places:
    """The pages and boxes of a document, looked up by places in its text."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._pages = [block for block in blocks if block.kind == "page"]
        self._page_starts = [block.start for block in self._pages]
        self._boxes = [block for block in blocks if block.kind == "box"]
        self._pictures = [(block.start, block.end) for block in blocks if block.kind == "picture"]
        self._box_starts = [block.start for block in self._boxes]

    def page(self, start: int) -> int | None:
        """Return the number of the page that this place is on, None if there are no pages."""
        number = bisect_right(self._page_starts, start)
        return self._pages[number - 1].page if number else None

    def source(self, start: int, end: int) -> Source:
        """Return "ocr" if any word of a span was recognised in a picture."""
        first = max(0, bisect_right(self._page_starts, start) - 1)
        last = bisect_right(self._page_starts, end - 1)
        on_pages = any(block.source == "ocr" for block in self._pages[first:last])
        return "ocr" if on_pages or any(begin < end and start < stop for begin, stop in self._pictures) else "text"

    def boxes(self, start: int, end: int) -> tuple[Box, ...]:
        """Return the rectangles that a span stands in, in order: lines that follow each other make one."""
        found: list[Box] = []
        first = max(0, bisect_right(self._box_starts, start) - 1)
        for block in self._boxes[first : bisect_right(self._box_starts, end - 1)]:
            if block.end <= start or block.box is None or block.page is None:
                continue
            box = Box(block.page, *block.box)
            if found and _follows(found[-1], box):
                found[-1] = _both(found[-1], box)
            else:
                found.append(box)
        while len(found) > _MOST_BOXES:
            found[-2:] = [_both(*found[-2:])] if found[-2].page == found[-1].page else found[-2:-1]
        return tuple(found)


def _follows(before: Box, after: Box) -> bool:
    """Return whether a line stands right below, or beside, the lines before."""
    return (
        before.page == after.page
        and before.left < after.right
        and after.left < before.right
        and -_NEAR <= after.top - before.bottom <= _NEAR
    )


def _both(one: Box, other: Box) -> Box:
    sides = (
        min(one.left, other.left),
        min(one.top, other.top),
        max(one.right, other.right),
        max(one.bottom, other.bottom),
    )
    return Box(one.page, *sides)
