"""What is measured of windows: numbers worked by hand."""

from __future__ import annotations

import math

import pytest
from small_documents import hits_of, reading_of

from generator.choosing.measures import Measured, PassageMarks, measured
from generator.choosing.words import Words

_WORDS = Words({"member": 3.0, "pay": 1.0, "fee": 1.0, "gate": 5.0})
_ASKED = "How much do members pay?"
_FEES = hits_of("# Fees\n\nMembers enter. Guests pay.\n", "Handbook", score=0.5)
_GATE = hits_of("# Gate\n\nIt is shut.\n", "Gate", "doc_2", score=0.25)


def _measured(likely: dict[str, float] | None = None, marks: tuple[bool, bool] = (False, False)) -> list[Measured]:
    hits = _FEES + _GATE
    readings = [reading_of(each.passage.content, likely) for each in hits]
    stale, other = marks
    return list(measured(_ASKED, hits, readings, _WORDS, [PassageMarks(), PassageMarks(stale, other)]))


def test_the_shares_of_the_question_that_a_window_and_what_is_around_it_hold() -> None:
    fees, gate = (each.measures for each in _measured())

    # Of 10: members and pay in two sentences, fees in the heading; the gate is in the other's heading alone.
    assert (fees.own, fees.one, fees.around, fees.elsewhere) == pytest.approx((0.4, 0.3, 0.5, 0.5))
    assert (gate.own, gate.one, gate.around, gate.elsewhere) == pytest.approx((0.0, 0.0, 0.5, 0.1))


def test_the_rank_the_fused_score_the_length_and_the_kind_of_value() -> None:
    fees, gate = (each.measures for each in _measured())

    assert (fees.rank, fees.fused, gate.rank, gate.fused) == (0.0, 0.5, 1.0, 0.25)
    assert (fees.length, gate.length) == pytest.approx((math.log(5), math.log(4)))
    assert (fees.typed, gate.typed) == (1.0, -1.0)
    assert (fees.cosine, fees.item, fees.row, fees.code) == (0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(("score", "expected"), [(3.0, 3.0), (99.0, 20.0), (-99.0, -20.0)])
def test_the_reader_is_heard_within_bounds_and_its_span_lies_in_the_window(score: float, expected: float) -> None:
    likely = {word: score for hit in _FEES + _GATE for word in hit.passage.content.replace(".", " . ").split()}
    fees = next(each for each in _measured(likely) if each.window.hit == 0)
    content = _FEES[0].passage.content

    assert fees.measures.reading == expected
    assert content[fees.span.start : fees.span.end] in fees.window.text


def test_marks_of_the_document_are_those_of_its_windows() -> None:
    fees, gate = (each.measures for each in _measured(marks=(True, True)))

    assert (fees.outdated, fees.other, gate.outdated, gate.other) == (0.0, 0.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Before:\n\n- Wait.\n", [(1, 0, 0)]),
        ("| 票 | 价 |\n|---|---|\n| 单程 | 3 |\n", [(0, 1, 0)]),
        ("```\nserve\n```\n", [(0, 0, 1)]),
    ],
)
def test_the_kind_of_statement_is_measured(text: str, kinds: list[tuple[float, float, float]]) -> None:
    (hit,) = hits_of(text)
    found = measured("Why?", [hit], [reading_of(hit.passage.content)], Words({}), [PassageMarks()])

    assert [(each.measures.item, each.measures.row, each.measures.code) for each in found] == kinds


def test_the_question_and_the_lead_in_of_a_statement_are_around_it() -> None:
    words = Words({"狗": 1.0, "免费": 1.0, "dog": 2.0})
    (hit,) = hits_of("问：狗呢？\n答：免费。\n")
    (answer,) = measured("狗？", [hit], [reading_of(hit.passage.content)], words, [PassageMarks()])
    (other,) = hits_of("For dogs:\n\n- Leads.\n")
    *_, item = measured("Dogs?", [other], [reading_of(other.passage.content)], words, [PassageMarks()])

    assert (answer.measures.own, answer.measures.around) == (0.25, 0.25)  # 狗 stands in 狗呢, a pair of its own
    assert (item.measures.own, item.measures.around) == (0.0, 0.5)


def test_a_window_that_was_not_read_is_left_out_and_measures_have_names() -> None:
    hits = _FEES + _GATE
    readings = [reading_of(""), reading_of(_GATE[0].passage.content)]
    (only,) = measured(_ASKED, hits, readings, _WORDS, [PassageMarks()] * 2)

    assert only.window.hit == 1
    assert only.measures.by_name()["elsewhere"] == only.measures.elsewhere
