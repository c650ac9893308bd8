"""Linking examples to the documents of their domain: by name, or by the texts that they came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from store.datasets import Example, Span
from store.examples import Content, QuestionContent, Relevant, RetrievalContent
from tuner.data.anchoring import Anchor, Texts
from tuner.data.formats.format import Found, ReadExample


@dataclass(frozen=True)
class Linked:
    """The documents of an example by external id, with the places of its answers in them; `lost`: none was found."""

    content: Content
    documents: Mapping[str, Sequence[Span]]
    lost: bool


def link(rows: Sequence[ReadExample], texts: Texts) -> list[Linked]:
    """Return for each of the examples, in order, the documents that it is about."""
    known = texts.documents
    anchors = texts.holding(each.text for row in rows for each in row.sources if each.id not in known and each.text)
    return [_link(row, anchors, texts) for row in rows]


def as_example(key: str, split: str, linked: Linked, texts: Texts) -> Example:
    """Return an example with the ids and versions of its documents."""
    own = {texts.documents[name].id: texts.documents[name].version for name in linked.documents}
    spans = {texts.documents[name].id: places for name, places in linked.documents.items() if places}
    return Example(key, split, linked.content, own, spans=spans)


def _link(row: ReadExample, anchors: Mapping[str, Anchor], texts: Texts) -> Linked:
    found: dict[str, set[Span]] = {name: set() for name in row.documents}
    for span in row.spans:
        found[span.document].add((span.start, span.end))
    for source in row.sources:
        if source.id in texts.documents:
            found.setdefault(source.id or "", set())
        elif source.text in anchors:
            anchor = anchors[source.text]
            found.setdefault(anchor.document.external_id, set()).update(_places(source, anchor, row.content, texts))
    if isinstance(row.content, QuestionContent):
        for name, places in found.items():
            if not places:
                places.update(texts.spans(texts.documents[name], row.content.answers))
    lost = bool(row.sources) and not found and not isinstance(row.content, RetrievalContent)
    return Linked(_without_texts(row.content, texts), {name: sorted(places) for name, places in found.items()}, lost)


def _places(source: Found, anchor: Anchor, content: Content, texts: Texts) -> list[Span]:
    """Return where the answers of a source stand in the document that holds it."""
    text = texts.of(anchor.document) or ""
    if text[anchor.start : anchor.end] == source.text and source.answers:
        return [(anchor.start + start, anchor.start + end) for start, end in source.answers]
    answers = content.answers if isinstance(content, QuestionContent) else []
    inside = texts.spans(anchor.document, answers)
    return [(start, end) for start, end in inside if anchor.start <= start and end <= anchor.end]


def _without_texts(content: Content, texts: Texts) -> Content:
    """Return the content without the texts that are documents of the domain."""
    if not isinstance(content, RetrievalContent):
        return content
    relevant = [
        Relevant(id=each.id, grade=each.grade) if each.id in texts.documents else each for each in content.relevant
    ]
    return RetrievalContent(query=content.query, relevant=relevant)
