"""Answer recall: whether a gold answer stands in an answer."""

from __future__ import annotations

from collections.abc import Sequence

from eval.metrics.answered import Answered
from eval.metrics.normalise import normal_tokens, strip_markers


def score(answered: Answered) -> float:
    """Return 1 if a gold answer stands in the answer, or it abstains where there is none, else 0."""
    if not answered.golds:
        return answered.right_choice
    return answer_recall(answered.text, answered.golds, answered.language)


def answer_recall(answer: str, golds: Sequence[str], language: str) -> float:
    """Return 1 if the tokens of a gold occur in the answer as one run, else 0: fair to answers in whole sentences."""
    tokens = normal_tokens(strip_markers(answer), language)
    for gold in golds:
        wanted = normal_tokens(gold, language)
        if wanted and any(tokens[at : at + len(wanted)] == wanted for at in range(len(tokens) - len(wanted) + 1)):
            return 1.0
    return 0.0
