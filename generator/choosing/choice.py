"""The choice: the windows of the hits, the likeliest answer first."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from generator.choosing.editions import outdated
from generator.choosing.measures import NO_FOLLOW_UP, Measured, OwnTerms, PassageMarks, measured
from generator.choosing.names import names_missing
from generator.choosing.narrowing import narrowed
from generator.choosing.opposites import opposite_said
from generator.choosing.siblings import other_siblings, unknown_sibling
from generator.choosing.words import Words
from retriever.index.lexical import stems
from retriever.models.encoder import Encoder
from retriever.models.span_reader import Reading
from retriever.search.search import Hit

_COMPARED = 3  # windows whose cosine is looked at: encoding takes time, and with 24 the same ones are chosen
# Logits for one of each measure; fitted by tools/choice (docs/decisions/33), but for those of rules.
WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "reading": 0.11, "own": 0.7, "one": 0.4, "around": 2.6, "elsewhere": -1.3, "rank": -0.5, "fused": 1.9,
        "typed": 0.7, "outdated": -6.0, "other": -6.0, "unnamed": -3.0, "new": 4.0, "earlier": -4.0,
        "length": -0.05, "item": 0.1, "row": 0.6, "code": 1.3, "cosine": 4.4,
    }
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """A question with its stems by how rare each is in the domain; of these, `unseen` stand in no document."""

    question: str
    term_weights: Mapping[str, float]
    unseen: frozenset[str] = frozenset()
    own_terms: OwnTerms = NO_FOLLOW_UP


@dataclass(frozen=True)
class Choice:
    """The windows, best first; `unnamed` are names in the question that stand in no hit, `unknown` in no document.

    A word of the question is `unnamed`, too, if the best window says only the opposite.
    `across` is the evidence of windows that are in another language than the question, which cosines alone judge.
    """

    ranked: tuple[Measured, ...] = ()
    unnamed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    across: float | None = None

    @property
    def best(self) -> Measured | None:
        """The likeliest answer, None if the reader saw none."""
        return self.ranked[0] if self.ranked else None


NOTHING = Choice()  # where there is nothing to choose from


def choose(
    asked: Asked,
    hits: Sequence[Hit],
    readings: Sequence[Reading],
    encoder: Encoder | None,
    weights: Mapping[str, float] = WEIGHTS,
    compared: int = _COMPARED,
) -> Choice:
    """Return the windows of the hits by their scores; without an encoder no cosine is looked at."""
    question, titles = asked.question, [_title(hit) for hit in hits]
    marks = [
        PassageMarks(outdated=stale, other=other)
        for stale, other in zip(outdated(question, titles), other_siblings(question, titles), strict=True)
    ]
    found = measured(question, hits, readings, Words(asked.term_weights), marks, asked.own_terms)
    ranked = sorted((_scored(each, weights) for each in found), key=lambda each: -each.score)
    if encoder is not None and ranked:
        first = [_scored(each, weights) for each in _with_cosines(question, ranked[:compared], encoder)]
        ranked = sorted(first, key=lambda each: -each.score) + ranked[compared:]
    if ranked:
        best = ranked[0].window.hit
        ranked[0] = narrowed(ranked[0], hits[best].passage.content, readings[best], Words(asked.term_weights))
    unnamed = _unnamed(asked, hits, titles)
    unknown = tuple(name for name in unnamed if asked.unseen.intersection(stems(name)))
    return Choice(tuple(ranked), unnamed + _contradicted(question, ranked[:1]), unknown)


def _title(hit: Hit) -> str:
    """Return what tells a document from those like it: its title, or its file name without the ending."""
    return re.sub(r"\.[A-Za-z]\w{0,4}$", "", hit.passage.title or hit.passage.external_id)


def _unnamed(asked: Asked, hits: Sequence[Hit], titles: Sequence[str]) -> tuple[str, ...]:
    names = names_missing(asked.question, "\n".join([*titles, *(hit.passage.content for hit in hits)]))
    sibling = unknown_sibling(asked.question, titles, asked.unseen)
    if sibling and not any(name in sibling or sibling in name for name in names):
        names.append(sibling)
    return tuple(names)


def _contradicted(question: str, best: Sequence[Measured]) -> tuple[str, ...]:
    windows = [each.window for each in best]
    said = [opposite_said(question, each.text, f"{each.heading}\n{each.context}") for each in windows]
    return tuple(word for word in said if word is not None)


def _scored(each: Measured, weights: Mapping[str, float]) -> Measured:
    return replace(each, score=sum(weights[name] * value for name, value in each.measures.by_name().items()))


def _with_cosines(question: str, best: Sequence[Measured], encoder: Encoder) -> list[Measured]:
    """Return these windows with the cosine of what they say, under their headings, to the question."""
    cosines = encoder.encode_passages([each.window.said for each in best]) @ encoder.encode_queries([question])[0]
    return [
        replace(each, measures=replace(each.measures, cosine=float(np.clip(cosine, 0.0, 1.0))))
        for each, cosine in zip(best, cosines, strict=True)
    ]
