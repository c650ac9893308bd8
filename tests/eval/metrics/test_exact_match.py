"""Exact match: numbers that were worked out by hand."""

from __future__ import annotations

import pytest

from eval.metrics.exact_match import exact_match


@pytest.mark.parametrize(
    ("answer", "golds", "expected"),
    [
        ("The cat sat.", ["cat sat"], 1.0),
        ("Cat sat [1]", ["a cat sat"], 1.0),
        ("cat sat down", ["cat sat"], 0.0),
        ("sat cat", ["cat sat"], 0.0),
        ("dog", ["cat", "the dog!"], 1.0),
        ("", ["cat"], 0.0),
        ("cat", [], 0.0),
    ],
)
def test_an_exact_match_in_english_needs_the_same_words_in_order(
    answer: str, golds: list[str], expected: float
) -> None:
    assert exact_match(answer, golds, "en") == expected
