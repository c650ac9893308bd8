"""Narrowing: a window cut down to the sentence that answers, where it is plain which one does."""

from __future__ import annotations

import re
from dataclasses import replace

from generator.choosing.measures import Measured
from generator.choosing.windows import part_of
from generator.choosing.words import Words
from retriever.models.span_reader import Reading

_PLAIN = 15.0  # logits by which the reader must like a sentence better than the others of its window
_REFERS = re.compile(
    r"^(?:it|its|they|them|their|this|that|these|those|he|she|his|her|otherwise|in that case|there|then|but|however"
    r"|in between|(?:after|above|below|until|from) (?:that|this|then)|later|both|such|all others?|everybody else"
    r"|the others?|the same|yes|no|never)\b"
    r"|^(?:其|该|此|这|那|否则|但|不过|逾期|超过的|上述|前款|后者|同时|另外|也|可以|不可以|不行|能|不能)",
    re.I,
)


def narrowed(chosen: Measured, content: str, reading: Reading, words: Words) -> Measured:
    """Return the window with nothing but the sentence that answers, and the one before if it refers to that.

    It is plain if the reader likes one sentence much better than all others and none of these holds a word of the
    question that it does not hold; else the window stays.
    """
    statements = chosen.window.statements
    if len(statements) == 1:
        return chosen
    spans = [reading.best(each.shown_start, each.shown_end) for each in statements]
    scores = [float("-inf") if span is None else span.score for span in spans]
    held = [words.held(content[each.shown_start : each.shown_end]) for each in statements]
    best = max(range(len(statements)), key=scores.__getitem__)
    others = [place for place in range(len(statements)) if place != best]
    span = spans[best]
    if span is None or any(scores[best] - scores[place] < _PLAIN or held[place] - held[best] for place in others):
        return chosen
    text = content[statements[best].shown_start : statements[best].shown_end]
    first = best - 1 if best and _REFERS.match(text) else best
    return replace(chosen, window=part_of(chosen.window, content, first, best), span=span)
