"""Scores of one answer against its gold answers. All lie between 0 and 1; None means that a score does not apply."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from eval.metrics.normalise import BY_CHARACTER, normal_tokens, strip_markers


def exact_match(answer: str, golds: Sequence[str], language: str) -> float:
    """Return 1 if the answer equals one of the golds after normalisation, else 0."""
    tokens = normal_tokens(strip_markers(answer), language)
    return float(any(tokens == normal_tokens(gold, language) for gold in golds))


def answer_f1(answer: str, golds: Sequence[str], language: str) -> float:
    """Return the best F1 over the golds: of the bag of words, of the longest common run in Chinese and Japanese.

    Sources: Rajpurkar et al. 2016 (SQuAD's evaluate-v1.1), Cui et al. 2019 (CMRC 2018's evaluation script).
    """
    tokens = normal_tokens(strip_markers(answer), language)
    return max((_f1(tokens, normal_tokens(gold, language), language) for gold in golds), default=0.0)


def answer_recall(answer: str, golds: Sequence[str], language: str) -> float:
    """Return 1 if the tokens of a gold occur in the answer as one run, else 0: fair to answers in whole sentences."""
    tokens = normal_tokens(strip_markers(answer), language)
    for gold in golds:
        wanted = normal_tokens(gold, language)
        if wanted and any(tokens[at : at + len(wanted)] == wanted for at in range(len(tokens) - len(wanted) + 1)):
            return 1.0
    return 0.0


def citation_precision(cited: Sequence[str], gold_documents: Sequence[str]) -> float | None:
    """Return the share of the citations that name a gold document, None without citations."""
    return sum(document in gold_documents for document in cited) / len(cited) if cited else None


def retrieval_hit(found: Sequence[str], gold_documents: Sequence[str]) -> float | None:
    """Return 1 if a gold document is among those found, None if no document is gold."""
    return float(bool(set(found) & set(gold_documents))) if gold_documents else None


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
