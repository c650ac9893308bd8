"""The reader: spans of readings worked out by brute force, and the shipped weights on easy passages."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retriever.models.span_reader import OpenVinoReader, Reading, Span

_FINITE = st.floats(-10, 10, width=32)
_LOGITS = st.lists(st.tuples(_FINITE, _FINITE), min_size=1, max_size=60)


def _reading(logits: list[tuple[float, float]], nothing: float = 0.0) -> Reading:
    """A passage of words of two characters with a blank between them."""
    offsets = np.array([(3 * place, 3 * place + 2) for place in range(len(logits))])
    starts, ends = np.array(logits, dtype=np.float32).T
    return Reading(offsets, starts, ends, nothing)


@given(_LOGITS, st.integers(0, 60), st.integers(0, 120))
def test_the_best_span_is_the_one_that_trying_all_finds(
    logits: list[tuple[float, float]], start: int, size: int
) -> None:
    found = _reading(logits).best(start, start + size)

    inside = [place for place in range(len(logits)) if 3 * place >= start and 3 * place + 2 <= start + size]
    sums = [np.float32(logits[a][0]) + np.float32(logits[b][1]) for a in inside for b in inside if a <= b < a + 40]
    if not sums:
        assert found is None
        return
    assert found is not None
    assert found.score == pytest.approx(float(max(sums)), abs=1e-5)
    assert start <= found.start < found.end <= start + size


def test_the_score_is_what_the_span_leads_nothing_by() -> None:
    assert _reading([(1.0, 0.0), (0.0, 2.0)], nothing=5.0).best() == Span(0, 5, -2.0)


def test_an_answer_is_at_most_forty_tokens_long() -> None:
    logits = [(0.0, 0.0)] * 60
    logits[5] = (9.0, 0.0)
    logits[44] = (0.0, 1.0)  # the fortieth token from there
    logits[45] = (0.0, 8.0)

    assert _reading(logits).best() == Span(15, 134, 10.0)


def test_of_equal_spans_the_first_is_taken() -> None:
    assert _reading([(1.0, 1.0), (1.0, 1.0), (1.0, 1.0)]).best() == Span(0, 2, 2.0)


def test_a_reading_without_tokens_has_no_span() -> None:
    empty = Reading(np.empty((0, 2), np.int64), np.empty(0, np.float32), np.empty(0, np.float32), 0.0)

    assert empty.best() is None
    assert _reading([(1.0, 1.0)]).best(1, 2) is None


def test_no_passages_need_no_reading(reader: OpenVinoReader) -> None:
    assert reader.read("Why?", []) == []


@pytest.mark.parametrize(
    ("question", "passage", "answer"),
    [
        ("How many days of annual leave do employees get?", "Employees receive 25 days of annual leave.", "25"),
        ("Where do visitors sign in?", "Visitors sign in at the reception desk.", "reception"),
        ("员工每年有多少天带薪年假？", "员工每年享有十五天带薪年假。", "十五"),
    ],
)
def test_the_span_is_where_the_answer_stands(reader: OpenVinoReader, question: str, passage: str, answer: str) -> None:
    span = reader.read(question, [passage])[0].best()

    assert span is not None
    assert answer in passage[span.start : span.end]


def test_a_passage_that_answers_scores_above_one_that_does_not(reader: OpenVinoReader) -> None:
    passages = ["The kitchen is on the second floor.", "Unused days expire on 31 March."]

    scores = [reading.best() for reading in reader.read("When do unused days expire?", passages)]

    assert scores[0] is not None
    assert scores[1] is not None
    assert scores[1].score > scores[0].score


def test_passages_are_read_alike_alone_and_together_and_by_many_threads(reader: OpenVinoReader) -> None:
    passages = ["Lunch is served at noon. " * repeats for repeats in (1, 30, 4, 12, 2)]
    alone = [reader.read("When is lunch?", [passage])[0].nothing for passage in passages]
    found: list[list[float]] = []

    def read() -> None:
        found.append([reading.nothing for reading in reader.read("When is lunch?", passages)])

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 6
    for values in found:
        np.testing.assert_allclose(values, alone, atol=0.5)  # bfloat16: logits of sums up to 20


def test_long_questions_and_passages_are_cut_and_odd_characters_do_no_harm(reader: OpenVinoReader) -> None:
    readings = reader.read("why " * 2000, ["word " * 5000, "🙂\x00 café", " "])

    assert len(readings) == 3
    for reading, passage in zip(readings, ("word " * 5000, "🙂\x00 café", " "), strict=True):
        span = reading.best()
        assert span is None or 0 <= span.start < span.end <= len(passage)


@pytest.mark.parametrize("question", ["?" * 400, "员工每年享有多少天带薪年假" * 40])
def test_a_question_of_many_tokens_leaves_room_for_the_passage(reader: OpenVinoReader, question: str) -> None:
    (reading,) = reader.read(question, ["Unused days expire on 31 March."])

    assert len(reading.offsets) > 0


def test_offsets_are_places_in_the_passage(reader: OpenVinoReader) -> None:
    passage = "Ünïcode 带薪 and  words"

    (reading,) = reader.read("Which text?", [passage])

    assert reading.offsets[0].tolist()[0] == 0
    assert [passage[start:end] for start, end in reading.offsets[-2:]] == ["and", "words"]
    assert len(reading.offsets) == len(reading.starts) == len(reading.ends)


def test_the_best_span_can_be_asked_for_within_a_sentence(reader: OpenVinoReader) -> None:
    passage = "Unused days expire on 31 March. Lunch is served at noon."
    (reading,) = reader.read("When do unused days expire?", [passage])
    whole, second = reading.best(), reading.best(32, len(passage))

    assert whole is not None
    assert second is not None
    assert "31 March" in passage[whole.start : whole.end]
    assert 32 <= second.start < second.end <= len(passage)
    assert second.score < whole.score
