"""Follow-up questions written out by a model: what is taken, what is refused, and what it costs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from generator.followups.followup import follow_up
from generator.followups.rewriting import Understanding, checked, refusal, request
from generator.prompt import Message

_HISTORY: list[Message] = [
    {"role": "user", "content": "Can I park at Eastgate overnight?"},
    {"role": "assistant", "content": "Yes, on level 2. [1]"},
]
_QUESTION = "And at Westgate?"
_WRITTEN = "Can I park overnight at Westgate?"


class Writing:
    """A generator that writes out every question as it is told, and notes what it was asked."""

    def __init__(self, text: str | None) -> None:
        self.text = text
        self.asked: list[list[Message]] = []

    def rewrite(self, messages: list[Message], longest: int, cancelled: Callable[[], bool]) -> str | None:
        assert longest > 0
        self.asked.append(messages)
        return None if cancelled() else self.text


def _never() -> bool:
    return False


def test_the_model_is_asked_once_for_a_conversation() -> None:
    model, understanding = Writing(_WRITTEN), Understanding(5.0)

    found = [understanding.of(_QUESTION, _HISTORY, model, _never) for _ in range(2)]

    assert [(each.by, each.search_text) for each in found] == [("model", _WRITTEN)] * 2
    assert len(model.asked) == 1
    assert model.asked[0][-1]["content"].endswith("Assistant: Yes, on level 2. [1]\nUser: And at Westgate?")
    understanding.of("And at Northgate?", _HISTORY, model, _never)
    assert len(model.asked) == 2


@pytest.mark.parametrize(
    ("question", "history", "seconds"), [(_QUESTION, [], 5.0), ("Thanks!", _HISTORY, 5.0), (_QUESTION, _HISTORY, 0.0)]
)
def test_no_model_is_asked_where_there_is_nothing_to_write_out(
    question: str, history: list[Message], seconds: float
) -> None:
    model = Writing(_WRITTEN)

    assert Understanding(seconds).of(question, history, model, _never) == follow_up(question, history)
    assert model.asked == []


def test_what_quotes_only_is_not_asked() -> None:
    assert Understanding(5.0).of(_QUESTION, _HISTORY, object(), _never).by == "rule"


def test_a_model_that_takes_too_long_leaves_it_to_the_rule() -> None:
    found = Understanding(1e-9).of(_QUESTION, _HISTORY, Writing(_WRITTEN), _never)

    assert (found.by, found.reading_text) == ("rule", "Can I park at Westgate overnight?")
    assert found.note == "the model wrote nothing within 1e-09 s"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("  ", "it is empty"),
        ("Can I park at Westgate?\nYes.", "it has several lines"),
        ("Can I park at Eastgate overnight?", "it leaves out westgat"),
        ("Can I park at Westgate on level 7?", "nobody said 7"),
        ("Can I park at Westgate overnight as at Eastgate?", "it still asks about eastgat"),
        ("And at Westgate?", "it takes nothing from the conversation"),
        ("May I park at Westgate overnight with " + "a very long car " * 20, "it is too long"),
    ],
)
def test_a_question_that_is_not_the_one_asked_is_refused(text: str, reason: str) -> None:
    rule = follow_up(_QUESTION, _HISTORY)

    assert refusal(rule, text, _QUESTION, _HISTORY) == reason
    found = checked(rule, text, _QUESTION, _HISTORY)
    assert (found.by, found.reading_text, found.note) == (
        "rule",
        rule.reading_text,
        f"the model's question was refused: {reason}",
    )


def test_only_the_last_turns_are_shown_and_none_at_length() -> None:
    history = [*_HISTORY * 5, {"role": "user", "content": "x" * 5000}]

    system, user = request("那西仓呢？", history)

    assert "改写" in system["content"]
    lines = user["content"].splitlines()
    assert len(lines) == 7
    assert lines[-2] == f"User: {'x' * 400}"
