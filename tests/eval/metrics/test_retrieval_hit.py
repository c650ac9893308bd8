"""Retrieval hit: numbers that were worked out by hand."""

from __future__ import annotations

import pytest

from eval.metrics.retrieval_hit import retrieval_hit


@pytest.mark.parametrize(
    ("found", "gold", "expected"),
    [(["d3", "d1"], ["d1", "d2"], 1.0), (["d3"], ["d1"], 0.0), ([], ["d1"], 0.0), (["d3"], [], None)],
)
def test_a_retrieval_hits_if_any_gold_document_is_found(
    found: list[str], gold: list[str], expected: float | None
) -> None:
    assert retrieval_hit(found, gold) == expected
