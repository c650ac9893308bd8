"""Text to passages: exact spans, cut at headings, paragraphs and sentences, each short enough for the encoder.

Cutting by characters first and checking tokens in one batch afterwards is several times faster than counting tokens at
every cut, and equally exact.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from retriever.documents.blocks import Block, ReadDocument
from retriever.documents.markdown_headings import LONGEST_HEADING, below_headings
from retriever.models.encoder import Encoder
from retriever.settings import ChunkerSettings
from retriever.text.language import is_cjk_text
from store.passages import NewPassage

_Known = TypeVar("_Known")
_LONGEST_LINE = 10_000
_CUT = re.compile(r"[。！？；，\n]|\s")
_BATCH = 256  # passages whose tokens are counted at once: a tokenizer keeps some 150 bytes of each token


@dataclass(frozen=True)
class _Outline:
    """What is known of the places of a text: heading paths and pages, each from where it holds, in order."""

    paths: list[tuple[int, str]]
    pages: list[tuple[int, int | None]]
    markdown: bool

    @classmethod
    def of(cls, document: ReadDocument) -> _Outline:
        """Return the outline of a document. A heading of Markdown holds only below itself."""
        headings = [block for block in document.blocks if block.kind == "heading"]
        pages = [(block.start, block.page) for block in document.blocks if block.kind == "page"]
        paths = [(block.start + document.markdown, path) for block, path in _with_paths(headings)]
        return cls(paths, pages, document.markdown)

    def passage(self, text: str, start: int, end: int) -> NewPassage | None:
        """Return this span of the text, without what does not belong to it, as a passage; None if nothing is left."""
        if self.markdown and self.paths:
            start = below_headings(text, start, end)
        span = _solid(text, start, end)
        if span is None:
            return None
        start, end = span
        return NewPassage(start, end, _last(self.paths, start) or "", text[start:end], _last(self.pages, start))


def chunk(document: ReadDocument, encoder: Encoder, settings: ChunkerSettings, title: str = "") -> list[NewPassage]:
    """Return the passages of a document in order, each an exact span of its text without white space around it.

    A passage carries its heading path, which begins with the title of the document, if it has one, and its page. In
    Markdown headings at the beginning of a passage are not part of its span.
    """
    from semantic_text_splitter import MarkdownSplitter, TextSplitter

    text, outline = document.text, _Outline.of(document)
    sizes = settings.cjk if is_cjk_text(text) else settings.latin
    splitter = MarkdownSplitter(sizes) if document.markdown else TextSplitter(sizes)
    pieces = [
        outline.passage(text, begin + start, begin + start + len(piece))
        for begin, end in _slices(text)
        for start, piece in splitter.chunk_indices(text[begin:end])
    ]
    return _fitting(text, [_titled(passage, title) for passage in pieces if passage is not None], encoder)


def _slices(text: str) -> Iterator[tuple[int, int]]:
    """Yield the whole text as one span, but cut inside very long lines: the splitter takes quadratic time on those."""
    begin = 0
    for line in re.finditer(rf"[^\n]{{{_LONGEST_LINE + 1},}}", text):
        for cut in range(line.start() + _LONGEST_LINE, line.end(), _LONGEST_LINE):
            yield begin, cut
            begin = cut
    yield begin, len(text)


def _with_paths(headings: Iterable[Block]) -> Iterator[tuple[Block, str]]:
    """Yield each heading with the path that it ends; of long ones the innermost headings are kept."""
    path: list[Block] = []
    for heading in headings:
        path = [*(above for above in path if above.level < heading.level), heading]
        titles = [each.title[:LONGEST_HEADING] for each in path]
        while sum(map(len, titles)) > LONGEST_HEADING:
            del titles[0]
        yield heading, " > ".join(titles)


def _solid(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the span without white space around it, None if there is nothing else in it."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None


def _titled(passage: NewPassage, title: str) -> NewPassage:
    room = LONGEST_HEADING - (len(passage.heading) + len(" > ") if passage.heading else 0)
    shown = " ".join(title.split())[: max(0, room)].rstrip()
    if not shown or passage.heading == shown or passage.heading.startswith(f"{shown} > "):
        return passage
    return replace(passage, heading=f"{shown} > {passage.heading}" if passage.heading else shown)


def _last(known: Sequence[tuple[int, _Known]], place: int) -> _Known | None:
    """Return what holds at a place, found by bisection: what began last; None if nothing did."""
    number = bisect_right(known, place, key=lambda each: each[0])
    return known[number - 1][1] if number else None


def _fitting(text: str, passages: list[NewPassage], encoder: Encoder) -> list[NewPassage]:
    """Return the passages in order, those with too many tokens for the encoder cut in halves until all parts fit."""
    fitting: list[NewPassage] = []
    while passages:
        large: list[NewPassage] = []
        for start in range(0, len(passages), _BATCH):
            part = passages[start : start + _BATCH]
            counts = encoder.count_tokens([passage.content for passage in part])
            for passage, count in zip(part, counts, strict=True):
                fits = count <= encoder.max_tokens or passage.end - passage.start < 2
                (fitting if fits else large).append(passage)
        passages = [half for passage in large for half in _halves(text, passage)]
    return sorted(fitting, key=lambda passage: passage.start)


def _halves(text: str, passage: NewPassage) -> list[NewPassage]:
    """Cut a passage at the blank or sentence end nearest to its middle."""
    middle = (passage.start + passage.end) // 2
    reach = (passage.end - passage.start) // 4
    cuts = [match.end() for match in _CUT.finditer(text, middle - reach, middle + reach)]
    cut = min(cuts, key=lambda place: abs(place - middle), default=middle)
    spans = [_solid(text, start, end) for start, end in ((passage.start, cut), (cut, passage.end))]
    return [replace(passage, start=span[0], end=span[1], text=text[slice(*span)]) for span in spans if span is not None]
