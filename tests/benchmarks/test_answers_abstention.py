"""Judging the decision to answer, on trials whose figures can be worked by hand."""

from __future__ import annotations

import pytest

from benchmarks.answers_abstention import Trial, abstention, best_threshold, resampled

_PERFECT = [
    Trial(0.9, 1.0, 1.0, "a"),
    Trial(0.1, 0.0, 0.0, "a"),
    Trial(0.8, 1.0, 1.0, "b"),
    Trial(0.2, 0.0, 0.0, "b"),
]


def test_perfect_evidence_is_worth_one() -> None:
    found = abstention(_PERFECT, [])

    assert found["AUROC"] == {"mean": 1.0, "low": 1.0, "high": 1.0}
    assert found["AURC"]["mean"] == pytest.approx((0 + 0 + 1 / 3 + 1 / 2) / 4)
    assert found["AURC constant"]["mean"] == 0.5
    assert found["AURC constant - AURC"]["low"] == pytest.approx(0.5 - 5 / 24)
    for measure, silent, eager in (("score", 0.5, 0.5), ("worth", 0.5, 0.0)):
        assert found[measure]["threshold"] == 0.5
        assert found[measure]["answered of answerable"] == found[measure]["abstained of unanswerable"] == 1.0
        assert found[measure]["extractive"]["mean"] == 1.0
        assert found[measure]["extractive - always abstain"]["mean"] == 1 - silent
        assert found[measure]["extractive - always answer"]["mean"] == 1 - eager


def test_the_threshold_is_that_of_the_tuning_trials_and_rises_with_the_cost_of_a_wrong_answer() -> None:
    # Answering above 0.55 gives two right answers, a wrong one and one right silence; above 0.75 one less of the
    # right and none of the wrong answers.
    trials = [
        Trial(0.8, 1.0, 1.0, "a"),
        Trial(0.6, 1.0, 1.0, "a"),
        Trial(0.7, 0.0, 1.0, "a"),
        Trial(0.65, 0.0, 1.0, "a"),
        Trial(0.5, 0.0, 0.0, "a"),
    ]

    assert best_threshold(trials, 0.0) == pytest.approx(0.55)
    assert best_threshold(trials, 1.0) == pytest.approx(0.75)
    assert best_threshold([], 1.0) == 0.5
    found = abstention(_PERFECT, trials)
    assert [found[measure]["threshold"] for measure in ("score", "worth")] == pytest.approx([0.55, 0.75])


def test_a_resample_draws_whole_clusters() -> None:
    values = [0.0, 0.0, 1.0, 1.0]

    found = resampled(lambda rows: sum(values[row] for row in rows) / len(rows), ["a", "a", "b", "b"])

    assert found == {"mean": 0.5, "low": 0.0, "high": 1.0}
