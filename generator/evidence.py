"""How likely it is that the retrieved passages hold an answer: a logistic of coverage and cosine, kept in the release.

Fused ranks carry no magnitude, so the estimate uses what does: the share of the question's words, weighted by rarity,
that one passage holds, and the cosine of the best passage where the encoder understands the question.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypedDict

from retriever.lexical import stems
from retriever.search import Hit


class Thresholds(TypedDict):
    """What a release stores: abstain if the estimate is below `evidence`; (bias, coverage, cosine) with and without."""

    evidence: float
    with_cosine: list[float]
    without_cosine: list[float]


# Fitted by tools/calibrate_evidence.py on dev splits in two languages; docs/decisions.md has the run.
DEFAULT_THRESHOLDS = Thresholds(evidence=0.2, with_cosine=[-5.7, 3.65, 9.17], without_cosine=[-2.36, 6.99])


def features(hits: Sequence[Hit], term_weights: dict[str, float]) -> tuple[float, float | None]:
    """Return the best coverage over the passages, 0 to 1, and the best cosine, None where the encoder was not asked."""
    total = sum(term_weights.values())
    coverage = max(
        (sum(term_weights.get(term, 0.0) for term in set(stems(hit.passage.text))) / total for hit in hits if total),
        default=0.0,
    )
    return coverage, max((hit.cosine for hit in hits if hit.cosine is not None), default=None)


def estimate(hits: Sequence[Hit], term_weights: dict[str, float], thresholds: Thresholds) -> float:
    """Return the estimated probability that the passages hold an answer; 0 without passages."""
    if not hits:
        return 0.0
    coverage, cosine = features(hits, term_weights)
    if cosine is None:
        bias, weight = thresholds["without_cosine"]
        return _logistic(bias + weight * coverage)
    bias, weight, slope = thresholds["with_cosine"]
    return _logistic(bias + weight * coverage + slope * cosine)


def _logistic(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-min(max(value, -700.0), 700.0)))  # exp overflows above 709
