"""What is measured of each window, so that the best one can be chosen and its worth as evidence estimated."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from generator.choosing.answer_types import fit_of_type
from generator.choosing.names import codes_missing
from generator.choosing.windows import Window, windows, word_count
from generator.choosing.words import Words, union
from retriever.index.lexical import stems
from retriever.models.span_reader import Reading, Span
from retriever.search.search import Hit

_MOST = 20.0  # logits of the reader beyond which it makes no difference


@dataclass(frozen=True)
class Measures:
    """Of a window, for a question. Shares are of the question's words, weighted by rarity, 0 to 1.

    `reading`: logits by which the reader is surer of its span here than of none, within ±20. `own`: the share that the
    window holds, `one`: its best sentence, `around`: the window with its context and headings. `elsewhere`: the share
    that the headings of some hit hold, and this passage does not. `rank`: of the passage, from 0; `fused`: its score.
    `cosine`: of the window with its headings, where it was looked at. `typed`: 1 if it holds the kind of value that is
    asked for, -1 if not, 0 if none is asked for. `outdated`: 1 if a newer edition is among the hits; `other`: 1 if the
    question names a sibling of the document; `unnamed`: 1 if it has a code that some hit holds, but not the window.
    Of a follow-up, `new`: the share of its own words, all alike, that the window holds with its context and
    headings, and `earlier`: 1 if it holds none of them, but words of the earlier question that they took the place
    of.
    """

    reading: float
    own: float
    one: float
    around: float
    elsewhere: float
    rank: float
    fused: float
    typed: float
    outdated: float
    other: float
    unnamed: float
    new: float
    earlier: float
    length: float
    item: float
    row: float
    code: float
    cosine: float = 0.0

    def by_name(self) -> dict[str, float]:
        """Return each measure by its name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass(frozen=True)
class PassageMarks:
    """What is known of the document of a hit: whether a newer edition is among the hits, or a sibling is meant."""

    outdated: bool = False
    other: bool = False


NO_MARKS = PassageMarks()


@dataclass(frozen=True)
class OwnTerms:
    """The stems that a follow-up itself has, and those of the question before it that they took the place of."""

    new: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()

    def measured(self, text: str) -> tuple[float, float]:
        """Return the measures `new` and `earlier` of a text."""
        if not self.new:
            return 0.0, 0.0
        there = set(stems(text))
        share = len(self.new & there) / len(self.new)
        return share, float(not share and bool(self.dropped & there))


NO_FOLLOW_UP = OwnTerms()


@dataclass(frozen=True)
class Measured:
    """A window with its measures, the reader's best span in it, and its score."""

    window: Window
    span: Span
    measures: Measures
    score: float = 0.0


def measured(
    question: str,
    hits: Sequence[Hit],
    readings: Sequence[Reading],
    words: Words,
    marks: Sequence[PassageMarks],
    own_terms: OwnTerms = NO_FOLLOW_UP,
) -> Iterator[Measured]:
    """Yield every window that the reader saw, in the order of the hits, measured but for its cosine."""
    passages = [words.held(hit.passage.content) for hit in hits]
    headings = [words.held(hit.passage.heading) for hit in hits]
    named = union(headings)
    lost = set(codes_missing(question, "\n".join(hit.passage.content for hit in hits)))
    for window in windows(hits):
        hit = window.hit
        span = readings[hit].best(window.statements[0].shown_start, window.statements[-1].shown_end)
        if span is None:
            continue
        content = hits[hit].passage.content
        single = [words.held(content[each.shown_start : each.shown_end]) for each in window.statements]
        own = union(single)
        new, earlier = own_terms.measured(window.said)
        measures = Measures(
            reading=min(max(span.score, -_MOST), _MOST),
            own=words.share(own),
            one=max(map(words.share, single)),
            around=words.share(union((own, words.held(window.context), headings[hit]))),
            elsewhere=words.share(named - passages[hit]),
            rank=float(hit),
            fused=hits[hit].score,
            typed=float(fit_of_type(question, window.said, window.kind)),
            outdated=float(marks[hit].outdated),
            other=float(marks[hit].other),
            unnamed=float(bool(set(codes_missing(question, window.said)) - lost)),
            new=new,
            earlier=earlier,
            length=math.log1p(word_count(window.text)),
            item=float(window.kind == "item"),
            row=float(window.kind == "row"),
            code=float(window.kind == "code"),
        )
        yield Measured(window, span, measures)
