"""Abstention accuracy: whether answering or abstaining was the right one of the two."""

from __future__ import annotations

from eval.metrics.answered import Answered


def score(answered: Answered) -> float:
    """Return 1 if a question with an answer was answered, or one without was not, else 0."""
    return answered.right_choice
