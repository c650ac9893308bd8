"""Retrieval hit: whether a gold document is among the passages that were shown."""

from __future__ import annotations

from collections.abc import Sequence

from eval.metrics.answered import Answered


def score(answered: Answered) -> float | None:
    """Return 1 if a passage of a gold document was found, else 0; None if no document is gold."""
    return retrieval_hit(answered.found, answered.documents)


def retrieval_hit(found: Sequence[str], gold_documents: Sequence[str]) -> float | None:
    """Return 1 if a gold document is among those found, None if no document is gold."""
    return float(bool(set(found) & set(gold_documents))) if gold_documents else None
