"""Exact match: whether an answer is a gold answer, after normalisation."""

from __future__ import annotations

from collections.abc import Sequence

from eval.metrics.answered import Answered
from eval.metrics.normalise import normal_tokens, strip_markers


def score(answered: Answered) -> float:
    """Return 1 if the answer is a gold one, or abstains where there is none, else 0."""
    if not answered.golds:
        return answered.right_choice
    return exact_match(answered.text, answered.golds, answered.language)


def exact_match(answer: str, golds: Sequence[str], language: str) -> float:
    """Return 1 if the answer equals one of the golds after normalisation, else 0."""
    tokens = normal_tokens(strip_markers(answer), language)
    return float(any(tokens == normal_tokens(gold, language) for gold in golds))
