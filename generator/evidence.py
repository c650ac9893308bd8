"""How likely it is that the retrieved passages hold an answer: a logistic of a few measures, kept in the release.

Fused ranks carry no magnitude, so the estimate uses what does: how much surer the reader is of its span than of there
being none, the share of the question's words, weighted by rarity, that the passages hold, cosines where the encoder
understands the question, whether the chosen window has the kind of value that is asked for, how far it is ahead of the
others, and names in the question that no passage knows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from generator.choosing.choice import Choice
from generator.choosing.words import Words
from retriever.search.search import Hit
from retriever.text.language import is_cjk_text

_FAR = 4.0  # logits by which the best window is ahead, beyond which it makes no difference


# What a release made before windows were chosen did not weigh.
OF_WINDOWS = ("window_reading", "window_coverage", "window_cosine", "chinese_cosine", "typed", "ahead", "unnamed")


class Weights(BaseModel):
    """The weights of the logistic: its bias, and one for each of `features`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    bias: float
    reading: float
    coverage: float
    cosine: float
    chinese: float
    chinese_coverage: float
    window_reading: float
    window_coverage: float
    window_cosine: float
    chinese_cosine: float
    typed: float
    ahead: float
    unnamed: float

    def by_name(self) -> dict[str, float]:
        """Return each weight by its name."""
        return dict(self)

    def recorded_as(self) -> list[dict[str, float]]:
        """Return the names and values under which these weights may have been noted: as now, and before windows."""
        now = self.by_name()
        before = {name: value for name, value in now.items() if name not in OF_WINDOWS}
        return [now] if any(now[name] for name in OF_WINDOWS) else [now, before]


class Thresholds(BaseModel):
    """What a release stores: abstain if the estimate is below `evidence`; the logistic's weights by feature."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    evidence: float = Field(ge=0, le=1)
    weights: Weights


# Fitted by tools/choice to "the chosen window is right", on documents as teams write them and on dev parts of public
# sets (docs/decisions/36); `unnamed` is a rule. Words and cosines are in the choice, where they help; beside the reader
# they made the estimate worse on real documents, whose near misses use the words of the documents.
DEFAULT_THRESHOLDS = Thresholds(
    evidence=0.4,
    weights=Weights(
        bias=-0.75, reading=0.032, coverage=0.0, cosine=0.0, chinese=0.0, chinese_coverage=0.0, window_reading=0.031,
        window_coverage=0.0, window_cosine=0.0, chinese_cosine=0.0, typed=0.0, ahead=0.3, unnamed=-3.0,
    ),
)  # fmt: skip


def features(choice: Choice, hits: Sequence[Hit], term_weights: Mapping[str, float]) -> dict[str, float]:
    """Return the measures of a choice.

    Of all windows the best reader's score in logits, within ±20; of all passages the best coverage and cosine, 0 to 1,
    a cosine that the encoder could not give counted as 0. Of the chosen window the same with its headings, `typed` (see
    `generator.choosing.measures`), and by how many logits, at most 4, it is `ahead` of the next. `unnamed` is 1 if a
    name in the question stands in no passage. `chinese` is 1 for a Chinese question, whose pairs of characters are
    covered less often than words; `chinese_coverage` and `chinese_cosine` are then coverage and the window's cosine.
    """
    words = Words(term_weights)
    best = choice.best
    chinese = float(is_cjk_text("".join(term_weights)))
    around = best.measures.around if best else 0.0
    cosine = best.measures.cosine if best else 0.0
    coverage = max((words.share(words.held(hit.passage.content)) for hit in hits), default=0.0)
    ahead = 0.0 if len(choice.ranked) < 2 else choice.ranked[0].score - choice.ranked[1].score
    return {
        "reading": max((each.measures.reading for each in choice.ranked), default=-20.0),
        "coverage": coverage,
        "cosine": max((hit.cosine for hit in hits if hit.cosine is not None and hit.cosine > 0), default=0.0),
        "chinese": chinese,
        "chinese_coverage": chinese * coverage,
        "window_reading": best.measures.reading if best else -20.0,
        "window_coverage": around,
        "window_cosine": cosine,
        "chinese_cosine": chinese * cosine,
        "typed": best.measures.typed if best else -1.0,
        "ahead": min(ahead, _FAR),
        "unnamed": float(bool(choice.unnamed)),
    }


def estimate(choice: Choice, hits: Sequence[Hit], term_weights: Mapping[str, float], thresholds: Thresholds) -> float:
    """Return the estimated probability that the passages hold an answer; 0 without passages."""
    if not hits:
        return 0.0
    if choice.across is not None:
        return choice.across
    weights = thresholds.weights.by_name()
    measured = features(choice, hits, term_weights)
    return _logistic(weights["bias"] + sum(weights[name] * value for name, value in measured.items()))


def _logistic(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-min(max(value, -700.0), 700.0)))  # exp overflows above 709
