"""What passages say of the document that they were cut from: pages, boxes, sources and headings, as blocks again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from retriever.documents.blocks import Block, ReadDocument
from store.layout import read_layout
from store.recutting import Cutting

_MARKED_HEADING = re.compile("^#{1,6} ", re.MULTILINE)


def as_passages_say(text: str, title: str, passages: Sequence[Cutting]) -> ReadDocument:
    """Return a document with this text and title, of which all else is known from its passages, in order.

    A page begins where the first passage on it does. The boxes of a passage are taken to stand for equal parts of it.
    Where the text has headings of its own, these count, and not those of the passages.
    """
    marked = _MARKED_HEADING.search(text) is not None
    blocks = [block for each in passages for block in _places(each)]
    if not marked:
        blocks += _headings(title, passages)
    return ReadDocument(text, tuple(sorted(blocks, key=lambda block: block.start)), marked)


def _places(passage: Cutting) -> Iterator[Block]:
    start, end = passage.start, passage.end
    layout = None if passage.layout is None else read_layout(passage.layout, start, passage.text)
    if passage.page is not None:
        yield Block("page", start, end, page=passage.page, source=layout.source if layout else "text")
    boxes = layout.boxes if layout else ()
    for number, box in enumerate(boxes):
        first, last = (start + (end - start) * place // len(boxes) for place in (number, number + 1))
        yield Block("box", first, last, page=box.page, box=(box.left, box.top, box.right, box.bottom))


def _headings(title: str, passages: Sequence[Cutting]) -> Iterator[Block]:
    before = ""
    for passage in passages:
        path = passage.heading.removeprefix(title).removeprefix(" > ")
        if path != before:
            yield Block("heading", passage.start, passage.start, 1, path)
        before = path
