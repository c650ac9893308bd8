"""Answering in a conversation: small talk is not searched for, and an answer says how its question was understood."""

from __future__ import annotations

import pytest
from handbook import ASKED

from generator.answer import Answer
from generator.answering import Question
from generator.engine import Engine
from generator.prompt import Message

_HISTORY: list[Message] = [
    {"role": "user", "content": "When does the office open on Mondays?"},
    {"role": "assistant", "content": "At nine. [1]"},
]


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("Thanks!", "You are welcome."),
        ("hey, how are you doing today?", "Hello! I answer questions from the documents"),
        ("帮我写一首关于秋天的短诗", "这个我做不了：我只根据这里的文档回答问题"),
    ],
)
def test_small_talk_is_answered_without_a_search(filled: Engine, said: str, reply: str) -> None:
    events = list(filled.answerer.stream(filled.pin("handbook"), Question(said, history=_HISTORY, explain=True)))

    assert [name for name, _ in events] == ["passages", "delta", "citations", "done"]
    answer = events[-1][1]
    assert isinstance(answer, Answer)
    assert answer.answer.startswith(reply)
    assert (answer.abstained, answer.evidence, answer.hits, answer.citations) == (True, None, [], [])
    assert (events[0][1], events[1][1], events[2][1]) == ([], answer.answer, [])
    assert answer.explain["searched_for"] is None
    assert "small talk" in answer.explain["abstained_for"]
    assert answer.explain["follow_up"]["kind"] == "small_talk"


def test_a_follow_up_shows_how_it_was_understood(filled: Engine) -> None:
    answer = filled.ask("handbook", Question("And on Fridays?", history=_HISTORY))

    assert answer.explain["searched_for"] == "When does the office open on Fridays?"
    understood = answer.explain["follow_up"]
    assert (understood["kind"], understood["by"]) == ("replaces", "rule")
    assert understood["own_terms"] == ["friday"]
    assert understood["dropped_terms"] == ["monday"]
    assert filled.ask("handbook", ASKED).explain["follow_up"]["kind"] == "alone"
