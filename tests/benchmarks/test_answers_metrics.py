"""Scores of quoted answers, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.answers_metrics import answer_scores, recall_within, risk_coverage, share_of_best, utilities

_SHOWN = ["The mill was built in 1820.", "It burned down in 1901 and again in 1950."]


def test_the_scores_of_a_sentence_with_its_span() -> None:
    scores = answer_scores((_SHOWN[0], _SHOWN[0], "in 1820"), _SHOWN, ["1820"], "en")

    assert scores == {
        "hit@1": 1.0,
        "recall@60": 1.0,
        "span F1": pytest.approx(2 / 3),  # precision 1/2, recall 1
        "of best": 1.0,
    }


def test_a_second_sentence_counts_for_the_recall_only() -> None:
    scores = answer_scores((_SHOWN[0], " ".join(_SHOWN), _SHOWN[0]), _SHOWN, ["1901"], "en")

    assert (scores["hit@1"], scores["recall@60"], scores["of best"]) == (0.0, 1.0, 0.0)


def test_silence_scores_nothing() -> None:
    assert set(answer_scores(("", "", ""), _SHOWN, ["1820"], "en").values()) == {0.0}


@pytest.mark.parametrize(
    ("text", "golds", "language", "expected"),
    [
        ("It grew to five red apples.", ["five green apples"], "en", 2 / 3),
        ("one five", ["five five", "ten"], "en", 1 / 2),  # a token counts as often as it stands there
        ("word " * 59 + "gold", ["gold"], "en", 1.0),
        ("word " * 60 + "gold", ["gold"], "en", 0.0),
        ("病假需要医院证明", ["医院开具"], "zh", 1 / 2),  # characters are tokens
        ("字" * 60 + "金", ["金"], "zh", 0.0),
        ("anything", ["the"], "en", 0.0),  # nothing is left of the gold
    ],
)
def test_recall_counts_tokens_of_a_gold_among_the_first_sixty(
    text: str, golds: list[str], language: str, expected: float
) -> None:
    assert recall_within(text, golds, language) == pytest.approx(expected)


def test_the_share_of_the_best_sentence() -> None:
    # F1 of the second with "1901": precision 1/9, recall 1, so 2/10; a sentence of four tokens would have 2/5.
    shown = [*_SHOWN, "Burned down in 1901."]

    assert share_of_best(_SHOWN[1], shown, ["1901"], "en") == pytest.approx((2 / 10) / (2 / 5))
    assert share_of_best(_SHOWN[0], shown, ["1901"], "en") == 0.0
    assert share_of_best(_SHOWN[0], _SHOWN, ["absent"], "en") is None


def test_risk_falls_with_the_sure_ones() -> None:
    points, area = risk_coverage(np.array([0.9, 0.7, 0.5, 0.3, 0.1]), np.array([1.0, 1.0, 0.0, 1.0, 0.0]))

    assert [coverage for coverage, _ in points] == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert [risk for _, risk in points] == pytest.approx([0, 0, 1 / 3, 1 / 4, 2 / 5])
    assert area == pytest.approx((0 + 0 + 1 / 3 + 1 / 4 + 2 / 5) / 5)


def test_the_order_within_a_tie_does_not_matter() -> None:
    scores = np.array([0.5, 0.9, 0.5, 0.5, 0.5])

    one, other = (risk_coverage(scores, np.array(right)) for right in ([1.0, 1, 0, 0, 0], [0.0, 1, 0, 0, 1]))

    assert one == other
    assert one[0][1][1] == pytest.approx(1 - (1 + 1 / 4) / 2)


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=30))
def test_full_coverage_has_the_risk_of_answering_everything(rows: list[tuple[int, bool]]) -> None:
    scores, right = np.array([float(score) for score, _ in rows]), np.array([float(good) for _, good in rows])

    points, area = risk_coverage(scores, right)

    assert points[-1][1] == pytest.approx(1 - right.mean())
    assert -1e-9 <= area <= 1 + 1e-9


def test_the_utility_of_every_case() -> None:
    # Answered right, answered wrong, answered without an answer to find, missed, abstained rightly.
    answered, right, answerable = np.array([[1.0, 1, 1, 0, 0], [1.0, 0, 0, 1, 0], [1.0, 1, 0, 1, 0]])

    assert utilities(answered, right, answerable, 1.0).tolist() == [1.0, -1.0, -1.0, 0.0, 1.0]
    assert utilities(answered, right, answerable, 0.0).tolist() == [1.0, 0.0, 0.0, 0.0, 1.0]
