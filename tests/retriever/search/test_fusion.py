"""Fusion: numbers worked by hand, and what holds for all of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retriever.search.fusion import (
    UNREADABLE,
    USUAL_SPREAD,
    convex_combination,
    lexical_bound,
    readable_weight,
    reciprocal_ranks,
    weight_for,
)

_SCORES = st.dictionaries(st.integers(0, 50), st.floats(0, 1), max_size=20)
_RANKING = st.lists(st.integers(0, 50), max_size=20, unique=True)


def test_the_bound_is_the_idf_sum_times_saturation_and_fields() -> None:
    assert lexical_bound({"annual": 2.0, "leav": 0.5}) == pytest.approx(2 * 2.2 * 2.5)
    assert lexical_bound({}) == 1.0


def test_a_convex_combination_weighs_both_scores_and_counts_what_lacks_as_nothing() -> None:
    fused = convex_combination({1: 0.8, 2: 0.5}, {1: 0.2, 3: 0.9}, weight=0.6)

    assert [key for key, _ in fused] == [1, 3, 2]
    assert dict(fused) == pytest.approx({1: 0.6 * 0.8 + 0.4 * 0.2, 2: 0.3, 3: 0.36})


@given(_SCORES, _SCORES, st.floats(0, 1))
def test_every_candidate_is_ranked_once_best_first_equal_scores_by_id(
    dense: dict[int, float], lexical: dict[int, float], weight: float
) -> None:
    fused = convex_combination(dense, lexical, weight)

    assert sorted(key for key, _ in fused) == sorted(dense.keys() | lexical.keys())
    assert fused == sorted(fused, key=lambda pair: (-pair[1], pair[0]))


@given(_SCORES)
def test_a_weight_of_one_or_zero_leaves_one_side_alone(scores: dict[int, float]) -> None:
    noise = {key: 1 - score for key, score in scores.items()}

    assert dict(convex_combination(scores, noise, 1.0)) == scores
    assert dict(convex_combination(noise, scores, 0.0)) == scores


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 0.6), (UNREADABLE / 2, 0.3), (UNREADABLE, 0.0), (0.5, 0.0), (1.0, 0.0)]
)
def test_what_cannot_be_read_takes_weight_away(share: float, expected: float) -> None:
    assert readable_weight(0.6, share) == pytest.approx(expected)


def test_equal_sums_of_a_convex_combination_are_ordered_by_id() -> None:
    assert convex_combination({7: 0.5, 2: 0.5}, {4: 0.5}, 0.5) == [(2, 0.25), (4, 0.25), (7, 0.25)]


@given(_SCORES, _SCORES, st.floats(0, 1))
def test_a_convex_combination_lies_between_the_scores_it_combines(
    dense: dict[int, float], lexical: dict[int, float], weight: float
) -> None:
    for key, score in convex_combination(dense, lexical, weight):
        both = (dense.get(key, 0.0), lexical.get(key, 0.0))
        assert min(both) - 1e-9 <= score <= max(both) + 1e-9


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_the_more_is_unreadable_the_less_the_vectors_weigh(weight: float, one: float, other: float) -> None:
    less, more = sorted((one, other))

    assert 0 <= readable_weight(weight, more) <= readable_weight(weight, less) <= weight


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


@given(_RANKING, _RANKING, st.integers(1, 100))
def test_rank_fusion_with_one_weight_of_zero_is_the_other_ranking(
    dense: list[int], lexical: list[int], constant: int
) -> None:
    rankings = {"dense": dense, "lexical": lexical}

    assert [key for key, _ in reciprocal_ranks(rankings, {"dense": 1.0, "lexical": 0.0}, constant)] == dense
    assert [key for key, _ in reciprocal_ranks(rankings, {"dense": 0.0, "lexical": 1.0}, constant)] == lexical


@given(_RANKING, _RANKING, st.floats(0.01, 1), st.floats(0.01, 1))
def test_rank_fusion_ranks_every_candidate_once_best_first_equal_scores_by_id(
    dense: list[int], lexical: list[int], one: float, other: float
) -> None:
    fused = reciprocal_ranks({"dense": dense, "lexical": lexical}, {"dense": one, "lexical": other}, constant=60)

    assert sorted(key for key, _ in fused) == sorted({*dense, *lexical})
    assert fused == sorted(fused, key=lambda pair: (-pair[1], pair[0]))


def test_empty_rankings_give_no_hits() -> None:
    assert reciprocal_ranks({"dense": [], "lexical": []}, {"dense": 1.0, "lexical": 1.0}, constant=60) == []


def test_the_weight_moves_with_the_spread_of_the_cosines() -> None:
    assert weight_for(0.4, 3.0, [0.3, 0.5]) == pytest.approx(0.4)  # a standard deviation of 0.1, the usual one
    assert weight_for(0.4, 3.0, [0.5, 0.5, 0.5]) == pytest.approx(0.1)
    assert weight_for(0.4, 3.0, [0.2, 0.6]) == pytest.approx(0.7)
    assert weight_for(0.4, 0.0, [0.2, 0.6]) == pytest.approx(0.4)
    assert weight_for(0.4, 3.0, []) == pytest.approx(0.4)


@given(
    st.floats(0, 1), st.floats(0, 10), st.lists(st.floats(-1, 1), max_size=20), st.lists(st.floats(-1, 1), max_size=20)
)
def test_a_wider_spread_never_weighs_less_and_a_weight_is_a_share(
    weight: float, gain: float, one: list[float], other: list[float]
) -> None:
    narrow, wide = sorted((one, other), key=lambda each: float(np.std(each)) if each else USUAL_SPREAD)

    assert 0 <= weight_for(weight, gain, narrow) <= weight_for(weight, gain, wide) <= 1
