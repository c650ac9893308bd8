"""The parts of a document, each with the heading above it, and the questions that rules make of them."""

from __future__ import annotations

from collections.abc import Iterator

from retriever.documents.structure.parsing import units
from retriever.text.language import language_of
from tuner.data.drafting.rule import Draft, Part, bare
from tuner.data.drafting.table import RULES


def parts_of(text: str, title: str, *, markdown: bool) -> Iterator[Part]:
    """Yield the parts of a document that are no headings, in order."""
    chinese = language_of(text[:5000]) == "zh"
    heading, level, first = "", 0, True
    for unit in units(text, markdown=markdown):
        if unit.kind == "heading":
            heading, level, first = bare(unit.title or text[unit.body : unit.end]), unit.level, True
            continue
        asked = unit.context[-1].quote if unit.kind == "answer" and unit.context else ""
        if asked and asked != heading:
            heading, first = asked, True
        yield Part(text, title, heading, unit, level, first, chinese)
        first = False


def drafts_of(text: str, title: str, *, markdown: bool) -> list[Draft]:
    """Return what the rules make of a document, each question once."""
    found: dict[str, Draft] = {}
    for part in parts_of(text, title, markdown=markdown):
        for rule in RULES:
            for draft in rule.drafts(part):
                found.setdefault(draft.question.casefold(), draft)
    return [*found.values()]
