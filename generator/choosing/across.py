"""Answers in another language than the question: chosen and judged by cosine alone.

The reader knows each language only within itself, and no word of the question stands in the passage. An encoder in
whose space a text lies near to what says the same in another language is then the only judge.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from generator.choosing.choice import Choice
from generator.choosing.measures import NO_MARKS, Measured, measured
from generator.choosing.words import Words
from retriever.models.encoder import Encoder, crosses_languages
from retriever.models.span_reader import Reading
from retriever.search.search import Hit
from retriever.text.language import language_of

_COMPARED = 10  # windows of the first hits; with all of them the same ones are chosen
# A logistic, fitted to English questions on Chinese paragraphs, half of them without their own (docs/decisions/37).
_BIAS, _COSINE, _LEAD = -4.67, 8.76, 12.56
_PLACE = 0.02  # of cosine that a window of the next hit must be nearer to be chosen


def choose_across(question: str, hits: Sequence[Hit], readings: Sequence[Reading], encoder: Encoder) -> Choice | None:
    """Return the windows in other languages than the question's, the nearest first, with the evidence that they are.

    None if there are none, or if the encoder does not compare languages.
    """
    if not crosses_languages(encoder):
        return None
    asked_in = language_of(question)
    marks = [NO_MARKS] * len(hits)
    found = [
        each
        for each in measured(question, hits, readings, Words({}), marks)
        if language_of(each.window.text) != asked_in
    ][:_COMPARED]
    if not found:
        return None
    cosines = encoder.encode_passages([each.window.said for each in found]) @ encoder.encode_queries([question])[0]
    near = [_near(each, float(cosine)) for each, cosine in zip(found, cosines, strict=True)]
    ranked = sorted(near, key=lambda each: -each.score)
    return Choice(tuple(ranked), across=_evidence(ranked[0], hits))


def _near(each: Measured, cosine: float) -> Measured:
    cosine = float(np.clip(cosine, 0.0, 1.0))
    return replace(each, measures=replace(each.measures, cosine=cosine), score=cosine - _PLACE * each.window.hit)


def _evidence(best: Measured, hits: Sequence[Hit]) -> float:
    """Return how likely the nearest window answers: by its cosine, and how far it is from those of other passages."""
    cosine = best.measures.cosine
    others = [hit.cosine or 0.0 for place, hit in enumerate(hits) if place != best.window.hit]
    lead = cosine - max(others, default=0.0)
    return 1.0 / (1.0 + math.exp(-(_BIAS + _COSINE * cosine + _LEAD * lead)))
