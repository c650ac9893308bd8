"""Follow-up questions: the rule, in both languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.followup import refers_back, search_text
from generator.prompt import Message


def _asked(*questions: str) -> list[Message]:
    turns: list[Message] = []
    for question in questions:
        turns += [{"role": "user", "content": question}, {"role": "assistant", "content": "Something. [1]"}]
    return turns


@pytest.mark.parametrize(
    "question",
    [
        "How much does it cost?",
        "And for children?",
        "What about Sundays?",
        "Why?",
        "Who built them?",
        "它多少钱？",
        "那儿童呢？",
        "周日呢？",
        "他是谁？",
    ],
)
def test_these_lean_on_what_was_asked_before(question: str) -> None:
    assert refers_back(question)


@pytest.mark.parametrize(
    "question",
    [
        "How much is a single ferry ticket?",
        "When does the office open in the morning?",
        "Is there a discount for groups?",
        "单程船票多少钱？",
        "办公室早上几点开门？",
        "其他景点的门票多少钱？",
        "单程船票其实多少钱？",
    ],
)
def test_these_stand_alone(question: str) -> None:
    assert not refers_back(question)


def test_a_question_that_stands_alone_is_searched_as_it_is() -> None:
    question = "When does the office open in the morning?"

    assert search_text(question, _asked("How much is a single ferry ticket?")) == question


def test_without_a_history_every_question_is_searched_as_it_is() -> None:
    assert search_text("How much does it cost?", []) == "How much does it cost?"


def test_a_follow_up_is_searched_behind_the_last_question_that_stood_alone() -> None:
    history = _asked("How much is a single ferry ticket?", "And for children?")

    assert search_text("What about dogs?", history) == "How much is a single ferry ticket? What about dogs?"
    assert search_text("那儿童呢？", _asked("单程船票多少钱？")) == "单程船票多少钱？ 那儿童呢？"


def test_where_no_question_stood_alone_the_last_one_serves() -> None:
    assert search_text("Why?", _asked("And then?", "What about it?")) == "What about it? Why?"


def test_what_the_assistant_said_is_not_searched_for() -> None:
    history: list[Message] = [{"role": "assistant", "content": "How much is a single ferry ticket?"}]

    assert search_text("How much does it cost?", history) == "How much does it cost?"


def test_the_newest_of_several_subjects_is_the_one_that_is_meant() -> None:
    history = _asked("How much is a single ferry ticket?", "When does the office open in the morning?")

    assert search_text("What about Sundays?", history) == (
        "When does the office open in the morning? What about Sundays?"
    )


@given(st.text(min_size=1), st.lists(st.text(min_size=1), max_size=4))
def test_the_question_itself_is_always_searched_for(question: str, earlier: list[str]) -> None:
    found = search_text(question, _asked(*earlier))

    assert found.endswith(question)
    if not refers_back(question) or not earlier:
        assert found == question
    else:
        assert found in {f"{before} {question}" for before in earlier}
