"""Scores of a quoted answer, and of the decision to give one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from eval.metrics.f1 import answer_f1
from eval.metrics.normalise import normal_tokens
from eval.metrics.recall import answer_recall

Array = npt.NDArray[np.float64]
COVERAGES = (0.2, 0.4, 0.6, 0.8, 1.0)
_TOKENS = 60


def answer_scores(
    answer: tuple[str, str, str], shown: Sequence[str], golds: Sequence[str], language: str
) -> dict[str, float | None]:
    """Return the metrics of an answer by name: of its first sentence, of its whole text, of its span.

    `answer` is these three; `shown` are the sentences it was chosen from.
    """
    sentence, text, span = answer
    return {
        "hit@1": answer_recall(sentence, golds, language),
        "recall@60": recall_within(text, golds, language),
        "span F1": answer_f1(span, golds, language),
        "of best": share_of_best(sentence, shown, golds, language),
    }


def recall_within(text: str, golds: Sequence[str], language: str) -> float:
    """Return the largest share of a gold's tokens that are among the first 60 tokens of a text, 0 to 1."""
    shown = Counter(normal_tokens(text, language)[:_TOKENS])
    wanted = [Counter(normal_tokens(gold, language)) for gold in golds]
    return max(((shown & gold).total() / gold.total() for gold in wanted if gold), default=0.0)


def share_of_best(sentence: str, shown: Sequence[str], golds: Sequence[str], language: str) -> float | None:
    """Return the F1 of a sentence as a share of the best F1 of any sentence shown; None if none has any."""
    best = max((answer_f1(other, golds, language) for other in shown), default=0.0)
    return answer_f1(sentence, golds, language) / best if best > 0 else None


def risk_coverage(scores: Array, right: Array) -> tuple[list[tuple[float, float]], float]:
    """Return (coverage, risk) points and the area under the curve (El-Yaniv and Wiener 2010).

    Questions are answered in the order of their scores, the surest first; risk is the share of wrong ones among those
    answered. Within a tie the order is by chance, so each counts as the mean of its tie.
    """
    _, tie, sizes = np.unique(-scores, return_inverse=True, return_counts=True)
    expected = (np.bincount(tie, weights=right) / sizes)[np.sort(tie)]
    risks = 1 - np.cumsum(expected) / np.arange(1, len(right) + 1)
    points = [(share, float(risks[max(0, round(share * len(right)) - 1)])) for share in COVERAGES]
    return points, float(risks.mean())


def utilities(answered: Array, right: Array, answerable: Array, cost: float) -> Array:
    """Return, per question, 1 for a right answer or a right abstention, -cost for a wrong answer, 0 for a missed one.

    All arrays hold 0 or 1 per question; an answer to a question without one is wrong. With a cost of 0 the mean is the
    score of SQuAD 2.0 (Rajpurkar, Jia and Liang 2018).
    """
    good = answered * right * answerable
    return good - cost * (answered - good) + (1 - answered) * (1 - answerable)
