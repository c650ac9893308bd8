"""The figures of a handbook run, on outcomes that can be worked by hand."""

from __future__ import annotations

import pytest

from benchmarks.handbook_data import Verdict
from benchmarks.handbook_figures import differences, intervals, reliability, row_of, rows_of, separation, sweep
from benchmarks.handbook_run import Outcome


def _outcome(
    key: str,
    verdict: Verdict,
    evidence: float,
    *,
    eager: Verdict | None = None,
    rank: int | None = 1,
    answerable: bool = True,
    language: str = "en",
    words: int = 10,
) -> Outcome:
    return Outcome(
        id=key,
        question="?",
        category="prose" if answerable else "unanswerable",
        language=language,
        cluster=key[0],
        answerable=answerable,
        answers=["x"] if answerable else [],
        findable=answerable,
        verdict=verdict,
        reply="y",
        quotes=[],
        cited=[],
        citation_right=verdict == "right",
        evidence=evidence,
        rank=rank,
        reply_words=words,
        quote_words=2 * words,
        ms=words,
        why=None,
        eager=eager or verdict,
        eager_reply="y",
    )


_FOUR = [
    _outcome("a1", "right", 0.95, rank=1, words=10),
    _outcome("a2", "wrong", 0.85, rank=5, words=30),
    _outcome("b1", "withheld", 0.15, eager="right", rank=4, words=0),
    _outcome("b2", "withheld", 0.12, eager="wrong", rank=None, words=0, language="zh"),
]
_OTHERS = [
    _outcome("u1", "right", 0.11, eager="wrong", answerable=False, words=0),
    _outcome("u2", "wrong", 0.55, answerable=False, words=20),
]


def test_the_shares_of_a_row() -> None:
    row = row_of("all", [*_FOUR, *_OTHERS])

    assert row.n == 6
    assert row.means == {
        "right": 1 / 4,
        "withheld": 2 / 4,
        "wrong": 1 / 4,
        "wrong > 0.8": 1 / 6,
        "first 4": 2 / 4,
        "first 10": 3 / 4,
        "cited right": 1 / 2,
        "abstained": 1 / 2,
    }
    assert row.words == (20.0, pytest.approx(29.0))  # of 10, 20 and 30
    assert row.quote_words == (40.0, pytest.approx(58.0))
    assert row.ms == 5.0


def test_an_answer_that_no_document_holds_can_be_in_no_passage() -> None:
    derived = Outcome(**{**vars(_FOUR[3]), "findable": False})

    assert row_of("all", [_FOUR[0], derived]).means["first 4"] == 1.0


def test_rows_are_by_category_and_by_language() -> None:
    assert [(row.name, row.n) for row in rows_of([*_FOUR, *_OTHERS])] == [
        ("prose", 4),
        ("unanswerable", 2),
        ("answerable, en", 3),
        ("answerable, zh", 1),
        ("no answer, en", 2),
        ("all", 6),
    ]


def test_intervals_draw_documents() -> None:
    found = intervals([*_FOUR, *_OTHERS])["wrong"]

    # Two documents with 1 of 2 and 0 of 2: a draw has 0, 1/4 or 1/2.
    assert (found.mean, found.low, found.high, found.n, found.clusters) == (0.25, 0.0, 0.5, 4, 2)


def test_the_difference_is_paired() -> None:
    before = {each.id: each for each in [_outcome("a1", "wrong", 0.5), _outcome("a2", "wrong", 0.5)]}

    found = differences(_FOUR, before)

    assert found["right"].mean == 1 / 2
    assert found["right"].n == 2
    assert found["first 4"].mean == -1 / 2


def test_reliability_is_of_the_answers_whatever_the_threshold() -> None:
    silent = _outcome("c1", "withheld", 0.9)

    bins, error = reliability([*_FOUR, *_OTHERS, silent])

    assert [(each.low, each.n, each.right) for each in bins] == [
        (0.1, 3, pytest.approx(1 / 3)),
        (0.5, 1, 0.0),
        (0.8, 1, 0.0),
        (0.9, 1, 1.0),
    ]
    assert bins[0].evidence == pytest.approx((0.15 + 0.12 + 0.11) / 3)
    assert error == pytest.approx((abs(0.38 - 1) + 0.55 + 0.85 + 0.05) / 6)


def test_evidence_separates_as_often_as_an_answerable_question_has_more() -> None:
    assert separation([*_FOUR, *_OTHERS]) == 6 / 8


def test_a_threshold_decides_what_is_said() -> None:
    low, middle, high = sweep([*_FOUR, *_OTHERS], [0.0, 0.13, 0.9])

    assert (low.right, low.wrong, low.withheld, low.abstained) == (0.5, 0.5, 0.0, 0.0)
    assert (middle.right, middle.wrong, middle.withheld, middle.abstained) == (0.5, 0.25, 0.25, 0.5)
    assert (high.right, high.wrong, high.withheld, high.abstained) == (0.25, 0.0, 0.75, 1.0)
