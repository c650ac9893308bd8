"""How likely it is that the retrieved passages hold an answer: a logistic of a few measures, kept in the release.

Fused ranks carry no magnitude, so the estimate uses what does: how much surer the reader is of its best span than of
there being none, the share of the question's words, weighted by rarity, that one passage holds, and the cosine of the
best passage where the encoder understands the question.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from retriever.index.lexical import stems
from retriever.models.span_reader import Reading
from retriever.search.search import Hit
from retriever.text.language import is_cjk_text


class Weights(BaseModel):
    """The weights of the logistic: its bias, and one for each of `features`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    bias: float
    reading: float
    coverage: float
    cosine: float
    chinese: float
    chinese_coverage: float

    def by_name(self) -> dict[str, float]:
        """Return each weight by its name."""
        return dict(self)


class Thresholds(BaseModel):
    """What a release stores: abstain if the estimate is below `evidence`; the logistic's weights by feature."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    evidence: float = Field(ge=0, le=1)
    weights: Weights


# Fitted by tools/calibrate_evidence.py on dev parts in two languages, answerable and unanswerable questions weighing
# the same; docs/decisions has the run. With such an estimate answering is likelier right than abstaining where it is
# above the share of questions that have no answer: here one in five.
DEFAULT_THRESHOLDS = Thresholds(
    evidence=0.2,
    weights=Weights(bias=-4.02, reading=0.148, coverage=2.346, cosine=2.865, chinese=-0.783, chinese_coverage=4.629),
)


def features(hits: Sequence[Hit], readings: Sequence[Reading], term_weights: Mapping[str, float]) -> dict[str, float]:
    """Return the best reader's score in logits, within ±20, the best coverage and the best cosine, both 0 to 1.

    A cosine that the encoder could not give counts as 0. `chinese` is 1 for a Chinese question, and
    `chinese_coverage` then the coverage: pairs of characters are covered less often than words.
    """
    total = sum(term_weights.values())
    coverage = max(
        (sum(term_weights.get(term, 0.0) for term in set(stems(hit.passage.text))) / total for hit in hits if total),
        default=0.0,
    )
    spans = [reading.best() for reading in readings]
    reading = max((span.score for span in spans if span is not None), default=-20.0)
    cosine = max((hit.cosine for hit in hits if hit.cosine is not None), default=0.0)
    chinese = float(is_cjk_text("".join(term_weights)))
    return {
        "reading": min(max(reading, -20.0), 20.0),
        "coverage": coverage,
        "cosine": max(cosine, 0.0),
        "chinese": chinese,
        "chinese_coverage": chinese * coverage,
    }


def estimate(
    hits: Sequence[Hit], readings: Sequence[Reading], term_weights: Mapping[str, float], thresholds: Thresholds
) -> float:
    """Return the estimated probability that the passages hold an answer; 0 without passages."""
    if not hits:
        return 0.0
    weights = thresholds.weights.by_name()
    measured = features(hits, readings, term_weights)
    return _logistic(weights["bias"] + sum(weights[name] * value for name, value in measured.items()))


def _logistic(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-min(max(value, -700.0), 700.0)))  # exp overflows above 709
