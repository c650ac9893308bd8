"""Intervals: what can be worked out by hand, what clusters do to them, and how often they hold the true mean."""

from __future__ import annotations

import numpy as np
import pytest

from eval.significance import Interval, bootstrap_mean


def test_two_clusters_give_the_interval_that_can_be_worked_out() -> None:
    # Drawn are (a, a), (a, b), (b, a), (b, b) with the means 1, 2/3, 2/3, 0, each a quarter of the time.
    interval = bootstrap_mean([1.0, 1.0, 0.0], ["a", "a", "b"], resamples=1000, seed=0)

    assert interval == Interval(pytest.approx(2 / 3), 0.0, 1.0, n=3, clusters=2)


def test_four_clusters_cut_off_the_tail_that_can_be_worked_out() -> None:
    # One value of four is 1: the mean is 1 with probability 0.004 and at least 3/4 with 0.051, so the end is 3/4.
    interval = bootstrap_mean([0.0, 0.0, 0.0, 1.0], ["a", "b", "c", "d"], resamples=10_000, seed=0)

    assert (interval.mean, interval.low, interval.high) == (0.25, 0.0, 0.75)


def test_one_cluster_gives_an_interval_without_width() -> None:
    interval = bootstrap_mean([0.0, 1.0, 1.0, 1.0], ["a"] * 4, resamples=500, seed=3)

    assert (interval.low, interval.mean, interval.high, interval.clusters) == (0.75, 0.75, 0.75, 1)


def test_no_values_give_an_interval_that_says_so() -> None:
    assert bootstrap_mean([], [], resamples=100, seed=0) == Interval(0.0, 0.0, 0.0, 0, 0)


def test_clusters_whose_questions_repeat_each_other_widen_the_interval() -> None:
    of_document = np.random.default_rng(4).normal(size=20).tolist()
    values = [of_document[document] for document in range(20) for _ in range(5)]
    clusters = [f"d{document}" for document in range(20) for _ in range(5)]
    whole = bootstrap_mean(values, clusters, resamples=4000, seed=0)
    single = bootstrap_mean(values, [f"q{number}" for number in range(100)], resamples=4000, seed=0)

    assert whole.mean == pytest.approx(single.mean)
    ratio = (whole.high - whole.low) / (single.high - single.low)
    assert ratio == pytest.approx(5**0.5, rel=0.1)  # 20 independent values instead of 100


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    values = np.random.default_rng(1).random(50).tolist()
    clusters = [f"d{number // 2}" for number in range(50)]
    first = bootstrap_mean(values, clusters, resamples=200, seed=7)

    assert bootstrap_mean(values, clusters, resamples=200, seed=7) == first
    assert bootstrap_mean(values, clusters, resamples=200, seed=8) != first


def test_negated_values_give_the_mirrored_interval() -> None:
    values = np.random.default_rng(2).normal(size=30).tolist()
    clusters = [f"d{number // 3}" for number in range(30)]
    there = bootstrap_mean(values, clusters, resamples=2000, seed=0)
    back = bootstrap_mean([-value for value in values], clusters, resamples=2000, seed=0)

    assert (back.low, back.high) == (pytest.approx(-there.high), pytest.approx(-there.low))


def test_an_interval_is_above_zero_only_with_its_lower_end() -> None:
    assert Interval(0.1, 0.001, 0.2, 9, 9).above_zero
    assert not Interval(0.1, 0.0, 0.2, 9, 9).above_zero


def test_about_95_of_100_intervals_hold_the_true_mean() -> None:
    chance = np.random.default_rng(0)
    held = 0
    for draw in range(300):
        sizes = chance.integers(1, 6, size=60)
        centres = chance.normal(0.3, 1.0, size=60)
        values = np.concatenate(
            [centre + chance.normal(0, 0.5, size) for centre, size in zip(centres, sizes, strict=True)]
        )
        clusters = [f"d{number}" for number, size in enumerate(sizes) for _ in range(size)]
        interval = bootstrap_mean(values.tolist(), clusters, resamples=1000, seed=draw)
        held += interval.low <= 0.3 <= interval.high

    assert held / 300 == pytest.approx(0.95, abs=0.04)
