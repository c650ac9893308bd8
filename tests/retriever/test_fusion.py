"""Fusion: numbers worked by hand."""

from __future__ import annotations

import pytest

from retriever.fusion import UNREADABLE, reciprocal_ranks, weights_for


def test_scores_are_the_sums_of_weighted_reciprocal_ranks() -> None:
    rankings = {"dense": [1, 2, 3], "lexical": [3, 1]}

    fused = reciprocal_ranks(rankings, {"dense": 1.0, "lexical": 2.0}, constant=60)

    assert [key for key, _ in fused] == [3, 1, 2]
    assert dict(fused) == pytest.approx({1: 1 / 61 + 2 / 62, 2: 1 / 62, 3: 1 / 63 + 2 / 61})


def test_equal_scores_are_ordered_by_id() -> None:
    fused = reciprocal_ranks({"dense": [9, 4], "lexical": [4, 9]}, {"dense": 1.0, "lexical": 1.0}, constant=10)

    assert [key for key, _ in fused] == [4, 9]
    assert [score for _, score in fused] == pytest.approx([1 / 11 + 1 / 12] * 2)


def test_a_ranking_of_weight_zero_adds_no_hits() -> None:
    assert reciprocal_ranks({"dense": [1], "lexical": [2]}, {"dense": 0.0, "lexical": 1.0}, constant=1) == [(2, 0.5)]


def test_empty_rankings_give_no_hits() -> None:
    assert reciprocal_ranks({"dense": [], "lexical": []}, {"dense": 1.0, "lexical": 1.0}, constant=60) == []


@pytest.mark.parametrize(
    ("unknown", "hits", "dense"),
    [(0.0, 5, 1.0), (UNREADABLE, 5, 1.0), (0.43, 5, 0.0), (0.43, 0, 1.0), (1.0, 1, 0.0)],
)
def test_a_question_that_the_encoder_cannot_read_is_ranked_by_words_where_words_hit(
    unknown: float, hits: int, dense: float
) -> None:
    assert weights_for(unknown, hits) == {"dense": dense, "lexical": 1.0}
