"""F1 of the words that an answer shares with a gold answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from eval.metrics.answered import Answered
from eval.metrics.normalise import BY_CHARACTER, normal_tokens, strip_markers


def score(answered: Answered) -> float:
    """Return the best F1 over the gold answers; where there is none, 1 for abstaining and else 0."""
    if not answered.golds:
        return answered.right_choice
    return answer_f1(answered.text, answered.golds, answered.language)


def answer_f1(answer: str, golds: Sequence[str], language: str) -> float:
    """Return the best F1 over the golds: of the bag of words, of the longest common run in Chinese and Japanese.

    Sources: Rajpurkar et al. 2016 (SQuAD's evaluate-v1.1), Cui et al. 2019 (CMRC 2018's evaluation script).
    """
    tokens = normal_tokens(strip_markers(answer), language)
    return max((_f1(tokens, normal_tokens(gold, language), language) for gold in golds), default=0.0)


def _f1(answer: list[str], gold: list[str], language: str) -> float:
    shared = (
        _longest_common_run(answer, gold) if language in BY_CHARACTER else (Counter(answer) & Counter(gold)).total()
    )
    if shared == 0:
        return float(answer == gold)
    precision, recall = shared / len(answer), shared / len(gold)
    return 2 * precision * recall / (precision + recall)


def _longest_common_run(left: list[str], right: list[str]) -> int:
    best = 0
    row = [0] * (len(right) + 1)
    for token in left:
        row = [0] + [row[place] + 1 if token == other else 0 for place, other in enumerate(right)]
        best = max(best, *row)
    return best
