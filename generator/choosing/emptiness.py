"""What an empty cell means: tables say it once, in a sentence before or below them."""

from __future__ import annotations

from collections.abc import Sequence

from generator.answer import Quote
from generator.choosing.measures import Measured
from generator.choosing.windows import layout_of
from generator.choosing.wording import Said, asked_cell, is_empty
from generator.choosing.words import Words
from retriever.documents.structure.legends import EMPTY
from retriever.search.search import Hit


def legend(chosen: Measured, hits: Sequence[Hit], question: str, words: Words) -> str | None:
    """Return what an empty cell means as the layout of its passage knows it, if one is shown."""
    statement, passage = chosen.window.statements[0], hits[chosen.window.hit].passage
    if not _asks_for_empty(chosen, question, words):
        return None
    spans = (layout_of(passage).context[each] for each in statement.context)
    return next((" ".join(each.quote.split()) for each in spans if EMPTY.search(each.quote)), None)


def _asks_for_empty(chosen: Measured, question: str, words: Words) -> bool:
    """Return whether the answer shows an empty cell: the one that is asked for, or where that is not clear, any."""
    cells = chosen.window.statements[0].cells
    asked = asked_cell(cells, words, question)
    return any(is_empty(each) for each in cells) if asked is None else is_empty(cells[asked])


def meaning_of_empty(chosen: Measured, hits: Sequence[Hit], question: str, words: Words) -> Said | None:
    """Return the sentence of the same document that says what an empty cell means, if one is shown."""
    if not _asks_for_empty(chosen, question, words):
        return None
    document = hits[chosen.window.hit].passage.document_id
    for number, hit in enumerate(hits):
        if hit.passage.document_id != document:
            continue
        for statement in layout_of(hit.passage).statements:
            text = hit.passage.content[statement.shown_start : statement.shown_end]
            if statement.kind != "row" and EMPTY.search(text):
                start = hit.passage.start
                return Said(" ".join(text.split()), Quote(number, statement.start - start, statement.end - start))
    return None
