"""What causes cost: shares by hand, and the part to improve first."""

from __future__ import annotations

import pytest

from eval.runner import Record
from eval.settings import EvalSettings
from eval.weaknesses.summary import weaknesses_of

_SETTINGS = EvalSettings(resamples=500)


def _record(number: int, right: bool) -> Record:
    return Record(
        key=str(number),
        arm="rag",
        language="en",
        cluster=f"doc {number}",
        question="?",
        gold=["x"],
        answer="y",
        abstained=False,
        cited=[],
        scores={"recall": float(right), "f1": float(right)},
        ms=1.0,
        prompt_tokens=0,
        completion_tokens=0,
    )


def test_shares_are_of_all_questions_and_what_was_looked_into_stands_for_all_wrong_ones() -> None:
    records = [_record(number, right=number >= 40) for number in range(100)]  # 40 of 100 wrong, 20 looked into
    causes = {str(number): "ranked_low" if number < 15 else "misread" for number in range(20)}

    found = weaknesses_of("rag", records, causes, _SETTINGS)

    assert (found.arm, found.wrong, found.looked_into) == ("rag", 40, 20)
    assert [(each.cause, each.part, each.questions) for each in found.causes] == [
        ("ranked_low", "reranker", 15),
        ("misread", "generator", 5),
    ]
    assert found.causes[0].share.mean == pytest.approx(0.30)
    assert found.causes[1].share.mean == pytest.approx(0.10)
    assert found.causes[0].share.low < 0.30 < found.causes[0].share.high
    assert set(found.parts) == {"reranker", "generator"}
    assert found.first is not None
    assert found.first.startswith("Improve the order")
    assert "at most 30% of the questions" in found.first
    assert "behind" not in found.first


def test_parts_that_are_not_measurably_behind_are_named() -> None:
    records = [_record(number, right=number >= 9) for number in range(40)]
    causes = {str(number): "not_found" if number < 5 else "withheld" for number in range(9)}

    found = weaknesses_of("rag", records, causes, _SETTINGS)

    assert found.first is not None
    assert found.first.startswith("Improve what is found")
    assert found.first.endswith("Not measurably behind: threshold.")


def test_where_nothing_is_wrong_nothing_is_weak() -> None:
    found = weaknesses_of("rag", [_record(number, right=True) for number in range(5)], {}, _SETTINGS)

    assert (found.wrong, found.looked_into, found.causes, found.parts, found.first) == (0, 0, [], {}, None)
