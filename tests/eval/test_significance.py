"""Intervals: what can be worked out by hand, what clusters do to them, and how often they hold the true mean."""

from __future__ import annotations

import numpy as np
import pytest

from eval.significance import Interval, bootstrap_mean, holm, sign_flip_p


def test_two_clusters_give_the_interval_that_can_be_worked_out() -> None:
    # Drawn are (a, a), (a, b), (b, a), (b, b) with the means 1, 2/3, 2/3, 0, each a quarter of the time.
    interval = bootstrap_mean([1.0, 1.0, 0.0], ["a", "a", "b"], resamples=1000, seed=0)

    assert interval == Interval(pytest.approx(2 / 3), 0.0, 1.0, n=3, clusters=2)


def test_four_clusters_cut_off_the_tail_that_can_be_worked_out() -> None:
    # One value of four is 1: the mean is 1 with probability 0.004 and at least 3/4 with 0.051, so the end is 3/4.
    interval = bootstrap_mean([0.0, 0.0, 0.0, 1.0], ["a", "b", "c", "d"], resamples=10_000, seed=0)

    assert (interval.mean, interval.low, interval.high) == (0.25, 0.0, 0.75)


@pytest.mark.parametrize(
    ("value", "clusters", "bounds", "low", "high"),
    [
        (1.0, 8, (-1.0, 1.0), 1 - 2 * (1 - 0.025 ** (1 / 8)), 1.0),  # 0.262: eight clusters are no certainty
        (1.0, 30, (-1.0, 1.0), 0.768593, 1.0),
        (0.75, 1, (0.0, 1.0), 0.75 * 0.025, 0.75 + 0.25 * 0.975),
        (0.0, 8, (-1.0, 1.0), -0.369417, 0.369417),
    ],
)
def test_clusters_that_all_agree_leave_open_what_so_few_cannot_exclude(
    value: float, clusters: int, bounds: tuple[float, float], low: float, high: float
) -> None:
    names = [f"d{number}" for number in range(clusters)]

    interval = bootstrap_mean([value] * clusters, names, resamples=500, seed=3, bounds=bounds)

    assert interval == Interval(value, pytest.approx(low, abs=1e-6), pytest.approx(high, abs=1e-6), clusters, clusters)


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


def test_the_p_value_of_few_clusters_is_the_share_of_all_signs() -> None:
    # Cluster sums 2, 1, 1: of the eight choices of signs, two (all +, all -) reach the sum 4 seen.
    assert sign_flip_p([1.0, 1.0, 1.0, 1.0], ["a", "a", "b", "c"], flips=10, seed=0) == 2 / 8
    # Sums 3, -1: |3 - 1| = 2 is reached by all four choices.
    assert sign_flip_p([3.0, -1.0], ["a", "b"], flips=10, seed=0) == 1.0
    assert sign_flip_p([0.0] * 5, list("abcde"), flips=10, seed=0) == 1.0
    assert sign_flip_p([], [], flips=10, seed=0) == 1.0
    assert sign_flip_p([0.5] * 8, list("abcdefgh"), flips=10, seed=0) == 2 / 256
    assert sign_flip_p([0.5] * 8, list("abcdefgh"), flips=10, seed=0, null=0.5) == 1.0


def test_many_clusters_are_drawn_and_agree_with_the_exact_value() -> None:
    values = [0.4, 0.1, -0.2, 0.3, 0.5, -0.1, 0.2, 0.6, 0.1, 0.3, -0.3, 0.4]
    names = [f"d{number}" for number in range(12)]
    exact = sign_flip_p(values, names, flips=1, seed=0)
    padded = sign_flip_p([*values, 0.0], [*names, "empty"], flips=20_000, seed=1)  # 13 clusters: drawn

    assert padded == pytest.approx(exact, abs=0.01)
    assert sign_flip_p([1.0] * 30, [f"d{n}" for n in range(30)], flips=999, seed=0) == 1 / 1000


def test_about_5_of_100_tests_without_a_difference_are_significant() -> None:
    chance = np.random.default_rng(3)
    names = [f"d{number // 3}" for number in range(90)]
    found = [sign_flip_p(_clustered(chance), names, flips=400, seed=draw) <= 0.05 for draw in range(300)]

    assert np.mean(found) == pytest.approx(0.05, abs=0.035)


def _clustered(chance: np.random.Generator) -> list[float]:
    return np.repeat(chance.normal(size=30), 3).tolist()


def test_holm_worked_by_hand() -> None:
    # Sorted .01 .02 .03 .04 times 4 3 2 1: .04 .06 .06 .04, and none below the one before.
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


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
