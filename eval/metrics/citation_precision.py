"""Citation precision: the share of citations that name a gold document."""

from __future__ import annotations

from collections.abc import Sequence

from eval.metrics.answered import Answered


def score(answered: Answered) -> float | None:
    """Return the share of the answer's citations that name a gold document, None without citations."""
    return citation_precision(answered.cited, answered.documents)


def citation_precision(cited: Sequence[str], gold_documents: Sequence[str]) -> float | None:
    """Return the share of the citations that name a gold document, None without citations."""
    return sum(document in gold_documents for document in cited) / len(cited) if cited else None
