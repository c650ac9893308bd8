"""What an empty cell means: tables say it once, in a sentence before or below them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from generator.answer import Quote
from generator.choosing.measures import Measured
from generator.choosing.windows import layout_of
from generator.choosing.wording import Said, asked_cell, is_empty
from generator.choosing.words import Words
from retriever.search.search import Hit

_MEANING = re.compile(
    r"\b(?:empty|blank|missing)\s+(?:cells?|fields?|box|boxes|entry|entries|space)\b|空格|空白|空着|留空|未填", re.I
)


def meaning_of_empty(chosen: Measured, hits: Sequence[Hit], words: Words) -> Said | None:
    """Return the sentence of the same document that says what an empty cell means, if an empty one is asked for."""
    cells = chosen.window.statements[0].cells
    asked = asked_cell(cells, words) if cells else None
    if asked is None or not is_empty(cells[asked]):
        return None
    document = hits[chosen.window.hit].passage.document_id
    for number, hit in enumerate(hits):
        if hit.passage.document_id != document:
            continue
        for statement in layout_of(hit.passage).statements:
            text = hit.passage.content[statement.shown_start : statement.shown_end]
            if statement.kind != "row" and _MEANING.search(text):
                start = hit.passage.start
                return Said(" ".join(text.split()), Quote(number, statement.start - start, statement.end - start))
    return None
