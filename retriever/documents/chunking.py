"""Text to passages: exact spans cut between statements, each short enough for the encoder with what it needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from retriever.documents.blocks import ReadDocument
from retriever.documents.packing import Packed, Packing, laid_out, outside
from retriever.documents.places import Places
from retriever.documents.statements import Said, Showing
from retriever.documents.structure.headings import LONGEST_HEADING
from retriever.documents.structure.inline import shown
from retriever.documents.structure.legends import legend_of
from retriever.documents.structure.parsing import units
from retriever.documents.structure.units import Unit
from retriever.models.encoder import Encoder
from retriever.settings import ChunkerSettings
from retriever.text.analysis import content_words
from retriever.text.language import is_cjk_text
from store.layout import ContextSpan, layout_as_text
from store.passages import NewPassage

_BATCH = 256  # passages whose tokens are counted at once: a tokenizer keeps some 150 bytes of each token
_LONGEST_SHOWN = 400  # characters of context before a passage


@dataclass
class _Path:
    """The headings above a place, outermost first, below the title of the document."""

    title: str
    headings: list[Unit] = field(default_factory=list)

    def enter(self, heading: Unit) -> None:
        """Go below a heading."""
        self.headings = [*(above for above in self.headings if above.level < heading.level), heading]

    def show(self, *, markdown: bool) -> str:
        """Return the path as it is shown; of long ones the innermost headings are kept, and what fits of the title."""
        title = " ".join(self.title.split())
        titles = [shown(each.title, markdown=markdown)[:LONGEST_HEADING] for each in self.headings]
        if titles and title:
            first, named = set(content_words(titles[0])), set(content_words(title))
            if first.issuperset(named):
                title = ""  # the first heading says all that it does
            elif named.issuperset(first):
                del titles[0]
        while sum(map(len, titles)) > LONGEST_HEADING:
            del titles[0]
        path = " > ".join(titles)
        room = LONGEST_HEADING - (len(path) + len(" > ") if path else 0)
        title = title[: max(0, room)].rstrip()
        return f"{title} > {path}" if title and path else title or path


def chunk(document: ReadDocument, encoder: Encoder, settings: ChunkerSettings, title: str = "") -> list[NewPassage]:
    """Return the passages of a document in order, each an exact span of its text without white space around it.

    A passage carries its heading path, which begins with the title of the document unless the first heading says the
    same, its page, its content and its layout. Headings are not part of its span, unless nothing stands below them.
    """
    cjk = is_cjk_text(document.text)
    aim, most = settings.cjk if cjk else settings.latin
    showing = Showing(document.text, document.markdown, cjk, most)
    cutting = _Cutting(document, encoder, showing, Places(document.blocks))
    passages: list[NewPassage] = []
    batch: list[Packed] = []
    for packed in _packed(document, showing, aim, most, title):
        batch.append(packed)
        if len(batch) == _BATCH:
            passages += cutting.passages(batch)
            batch = []
    return passages + cutting.passages(batch) or cutting.passages(list(_signs(document.text, showing)))


def _packed(document: ReadDocument, showing: Showing, aim: int, most: int, title: str) -> Iterator[Packed]:
    known = [block for block in document.blocks if block.kind == "heading"]
    given = [(block.start, block.level, block.title) for block in known] if known else None
    path = _Path(title)
    packing = Packing(path.show(markdown=document.markdown), aim, most)
    bare: Unit | None = None  # a heading below which nothing stands yet
    legend = legend_of(document.text)
    for unit in units(document.text, markdown=document.markdown, headings=given):
        if unit.kind != "heading":
            bare = None
        elif given is None:
            yield from packing.end()
            if bare is not None and unit.level <= bare.level:
                yield from _alone(bare, showing, path)
            path.enter(unit)
            packing = Packing(path.show(markdown=document.markdown), aim, most)
            bare = unit
            continue
        else:  # a heading without marks stays in the text
            yield from packing.end()
            path.enter(unit)
            packing = Packing(path.show(markdown=document.markdown), aim, most)
        for said in showing.statements(_with_legend(unit, legend)):
            yield from packing.add(said)
    yield from packing.end()
    if bare is not None:
        yield from _alone(bare, showing, path)


def _signs(text: str, showing: Showing) -> Iterator[Packed]:
    """Yield a text that is nothing but marks and rules as it is: whatever can be seen is found."""
    solid = text.strip()
    if solid:
        start = text.index(solid[0])
        unit = Unit("code", start, start + len(solid), start, 0, start)
        yield from (Packed("", [said]) for said in showing.statements(unit))


def _with_legend(unit: Unit, legend: ContextSpan | None) -> Unit:
    """Return a row that has empty cells with what these mean."""
    if legend is None or all(cell.text for cell in unit.cells):
        return unit
    return replace(unit, context=(*unit.context, legend))


def _alone(heading: Unit, showing: Showing, path: _Path) -> Iterator[Packed]:
    """Yield a heading without text below it as a passage, under those above it."""
    above = _Path(path.title, [each for each in path.headings if each is not heading])
    statements = list(showing.statements(heading))
    if statements:
        yield Packed(above.show(markdown=showing.markdown), statements)


@dataclass(frozen=True)
class _Cutting:
    """Turns packed statements into passages that fit the encoder."""

    document: ReadDocument
    encoder: Encoder
    showing: Showing
    places: Places

    def passages(self, packed: list[Packed]) -> list[NewPassage]:
        """Return the passages in order, those with too many tokens cut in halves until all parts fit."""
        fitting: list[NewPassage] = []
        while packed:
            large: list[Packed] = []
            for start in range(0, len(packed), _BATCH):
                part = packed[start : start + _BATCH]
                passages = [self._passage(each) for each in part]
                counts = self.encoder.count_tokens([passage.content for passage in passages])
                for each, passage, count in zip(part, passages, counts, strict=True):
                    if count <= self.encoder.max_tokens:
                        fitting.append(passage)
                    else:
                        large += self._smaller(each, passage, fitting)
            packed = large
        return sorted(fitting, key=lambda passage: passage.start)

    def _smaller(self, packed: Packed, passage: NewPassage, fitting: list[NewPassage]) -> list[Packed]:
        """Return the halves of a passage; what cannot be cut goes without context, or stays as it is."""
        statements = packed.statements
        if len(statements) > 1:
            middle = len(statements) // 2
            return [Packed(packed.heading, statements[:middle]), Packed(packed.heading, statements[middle:])]
        parts = self.showing.halves(statements[0])
        if len(parts) > 1:
            return [Packed(packed.heading, [each]) for each in parts]
        if not packed.bare:
            return [Packed(packed.heading, statements, bare=True)]
        fitting.append(passage)
        return []

    def _passage(self, packed: Packed) -> NewPassage:
        first, last = packed.statements[0], packed.statements[-1]
        start = first.unit.outer if first.first else first.start
        content, layout = laid_out(packed, [] if packed.bare else self._context(packed.heading, first, start))
        layout = replace(layout, source=self.places.source(start, last.end), boxes=self.places.boxes(start, last.end))
        return NewPassage(
            start,
            last.end,
            packed.heading,
            self.document.text[start : last.end],
            self.places.page(start),
            content,
            layout_as_text(layout, start),
        )

    def _context(self, heading: str, first: Said, start: int) -> list[str]:
        """Return the lines of context that are shown before a passage, those of its heading path left out."""
        spans = outside(first.unit.context, start)
        lines = [shown(span.quote, markdown=self.document.markdown) for span in spans]
        lines = [line for line in lines if line and line not in heading]
        while sum(map(len, lines)) > _LONGEST_SHOWN:
            del lines[0]
        return lines
