"""Text to passages: exact spans, cut at headings, paragraphs and sentences, each short enough for the encoder.

Cutting by characters first and checking tokens in one batch afterwards is several times faster than counting tokens at
every cut, and equally exact.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace

from retriever.models.encoder import Encoder
from retriever.settings import ChunkerSettings
from retriever.text.language import is_cjk_text
from store.passages import NewPassage

# A longer line is text, whatever it begins with: the heading path must leave room for the passage in the encoder.
_LONGEST_HEADING = 120
_HEADING = re.compile(rf"^(#{{1,6}})[ \t]+(\S.{{0,{_LONGEST_HEADING - 1}}})$", re.MULTILINE)
_LONGEST_LINE = 10_000
_FENCED = re.compile(r"^(```|~~~)[^\n]*\n.*?(?:^\1|\Z)", re.MULTILINE | re.DOTALL)
_CUT = re.compile(r"[。！？；，\n]|\s")
_BATCH = 256  # passages whose tokens are counted at once: a tokenizer keeps some 150 bytes of each token
_LEADING_HEADINGS = re.compile(rf"(?:{_HEADING.pattern}(?:\n\s*)?)+", re.MULTILINE)


@dataclass(frozen=True)
class _Heading:
    """A heading: where it begins, and the path that holds below it."""

    place: int
    path: str


def chunk(text: str, markdown: bool, encoder: Encoder, settings: ChunkerSettings, title: str = "") -> list[NewPassage]:
    """Return the passages of a text in order; `text[start:end]` is the text of each, without white space around it.

    A passage carries its heading path, which begins with the title of the document, if it has one. In Markdown headings
    at the beginning of a passage are not part of its span.
    """
    from semantic_text_splitter import MarkdownSplitter, TextSplitter

    sizes = settings.cjk if is_cjk_text(text) else settings.latin
    splitter = MarkdownSplitter(sizes) if markdown else TextSplitter(sizes)
    headings = list(_headings(text)) if markdown else []
    pieces = [
        _passage(text, begin + start, begin + start + len(piece), headings)
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


def _headings(text: str) -> Iterator[_Heading]:
    fences = [(match.start(), match.end()) for match in _FENCED.finditer(text)]
    path: list[tuple[int, str]] = []
    for match in _HEADING.finditer(text):
        while fences and fences[0][1] <= match.start():
            fences.pop(0)
        if fences and fences[0][0] <= match.start():  # there `# x` is a comment of some program
            continue
        level = len(match[1])
        path = [above for above in path if above[0] < level] + [(level, _title(match[2]))]
        shown = path
        while sum(len(title) for _, title in shown) > _LONGEST_HEADING:
            shown = shown[1:]
        yield _Heading(match.start(), " > ".join(title for _, title in shown))


def _title(line: str) -> str:
    """Return a heading without the marks that close it: those after a blank, so that `C#` keeps its own."""
    solid = line.rstrip()
    bare = solid.rstrip("#")
    return bare.rstrip() if bare.endswith((" ", "\t")) else solid


def _passage(text: str, start: int, end: int, headings: list[_Heading]) -> NewPassage | None:
    leading = _LEADING_HEADINGS.match(text, start, end) if headings else None
    if leading is not None and text[leading.end() : end].strip():
        start = leading.end()
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start == end:
        return None
    return NewPassage(start, end, _heading_path(headings, start), text[start:end])


def _titled(passage: NewPassage, title: str) -> NewPassage:
    room = _LONGEST_HEADING - (len(passage.heading) + len(" > ") if passage.heading else 0)
    shown = " ".join(title.split())[: max(0, room)].rstrip()
    if not shown or passage.heading == shown or passage.heading.startswith(f"{shown} > "):
        return passage
    return replace(passage, heading=f"{shown} > {passage.heading}" if passage.heading else shown)


def _heading_path(headings: list[_Heading], place: int) -> str:
    """Return the path of the last heading before a place, found by bisection."""
    number = bisect_left(headings, place, key=lambda heading: heading.place)
    return headings[number - 1].path if number else ""


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
    parts = [_passage(text, start, end, []) for start, end in ((passage.start, cut), (cut, passage.end))]
    return [replace(part, heading=passage.heading) for part in parts if part is not None]
