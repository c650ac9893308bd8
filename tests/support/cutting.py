"""Documents cut into passages in tests, and what their statements say."""

from __future__ import annotations

from dataclasses import dataclass

from fakes import HashEncoder

from retriever.documents.blocks import ReadDocument
from retriever.documents.chunking import chunk
from retriever.settings import ChunkerSettings
from store.layout import Layout, read_layout
from store.passages import NewPassage


@dataclass(frozen=True)
class Told:
    """A statement as it is shown, its kind, and what it needs to be understood."""

    kind: str
    shown: str
    context: tuple[tuple[str, str], ...] = ()


def cut(text: str, *, markdown: bool = True, title: str = "", sizes: ChunkerSettings | None = None) -> list[NewPassage]:
    """Return the passages of a text."""
    return chunk(ReadDocument(text, (), markdown), HashEncoder(), sizes or ChunkerSettings(), title)


def layout_of(passage: NewPassage) -> Layout:
    """Return the layout of a passage, which it must have."""
    assert passage.layout is not None
    return read_layout(passage.layout, passage.start, passage.text)


def told(text: str, *, markdown: bool = True, sizes: ChunkerSettings | None = None) -> list[Told]:
    """Return the statements of a text in order."""
    found = []
    for passage in cut(text, markdown=markdown, sizes=sizes):
        layout = layout_of(passage)
        for each in layout.statements:
            spans = [layout.context[number] for number in each.context]
            shown = passage.content[each.shown_start : each.shown_end]
            found.append(Told(each.kind, shown, tuple((span.kind, span.quote) for span in spans)))
    return found
