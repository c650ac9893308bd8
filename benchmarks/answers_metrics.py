"""Scores of a quoted answer, and of the decision to give one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from eval.metrics import answer_f1, answer_recall
from eval.normalise import normal_tokens

Array = npt.NDArray[np.float64]
_TOKENS = 60


def holds(sentence: str, golds: Sequence[str], language: str) -> float:
    """Return 1 if a gold answer stands in the sentence, else 0."""
    return answer_recall(sentence, golds, language)


def recall_within(text: str, golds: Sequence[str], language: str) -> float:
    """Return the largest share of a gold's tokens that are among the first 60 tokens of a text."""
    shown = normal_tokens(text, language)[:_TOKENS]
    best = 0.0
    for gold in golds:
        wanted = normal_tokens(gold, language)
        left = list(shown)
        found = 0
        for token in wanted:
            if token in left:
                left.remove(token)
                found += 1
        best = max(best, found / len(wanted) if wanted else 0.0)
    return best


def share_of_best(sentence: str, sentences: Sequence[str], golds: Sequence[str], language: str) -> float | None:
    """Return the F1 of a sentence as a share of the best F1 of any sentence; None if no sentence has any."""
    best = max((answer_f1(other, golds, language) for other in sentences), default=0.0)
    return answer_f1(sentence, golds, language) / best if best > 0 else None


def risk_coverage(scores: Array, right: Array) -> tuple[list[tuple[float, float]], float]:
    """Return (coverage, risk) points and the area under the curve (El-Yaniv and Wiener 2010).

    The questions are answered in the order of their scores, the surest first; risk is the share of wrong ones among
    those answered.
    """
    order = np.argsort(-scores, kind="stable")
    risks = 1 - np.cumsum(right[order]) / np.arange(1, len(right) + 1)
    points = [(share, float(risks[max(0, round(share * len(right)) - 1)])) for share in (0.1, 0.25, 0.5, 0.75, 1.0)]
    return points, float(risks.mean())


def utility(answered: Array, right: Array, answerable: Array) -> float:
    """Return the mean of +1 for a right answer or a right abstention, -1 for a wrong answer, 0 for a missed answer.

    All arguments hold 0 or 1 per question; an answer to a question without one is wrong.
    """
    good = answered * right * answerable
    return float((good - answered * (1 - right * answerable) + (1 - answered) * (1 - answerable)).mean())
