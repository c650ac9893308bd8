"""Citation precision: numbers that were worked out by hand."""

from __future__ import annotations

import pytest

from eval.metrics.citation_precision import citation_precision


@pytest.mark.parametrize(
    ("cited", "gold", "expected"),
    [(["d1", "d2", "d1", "d3"], ["d1"], 0.5), (["d1"], ["d1", "d2"], 1.0), (["d1"], [], 0.0), ([], ["d1"], None)],
)
def test_citation_precision_is_the_share_of_right_citations(
    cited: list[str], gold: list[str], expected: float | None
) -> None:
    assert citation_precision(cited, gold) == expected
