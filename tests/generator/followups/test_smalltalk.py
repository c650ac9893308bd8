"""Small talk is what is small talk from beginning to end, in both languages."""

from __future__ import annotations

import time

import pytest

from generator.followups.smalltalk import Courtesy, courtesy_of, reply_to, without_courtesy


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("hey, how are you doing today?", "greeting"),
        ("Hello there!", "greeting"),
        ("who are you and what can you do?", None),
        ("What can you do?", "greeting"),
        ("Thanks!", "thanks"),
        ("Thank you very much, that was helpful.", "thanks"),
        ("ok great, bye", "thanks"),
        ("Tell me a joke", "task"),
        ("can you write me a short poem about autumn?", "task"),
        ("你好呀", "greeting"),
        ("你是谁，会做什么", "greeting"),
        ("好的，谢谢你的帮助！", "thanks"),
        ("嗯嗯，明白了", "thanks"),
        ("帮我写一首关于秋天的短诗", "task"),
        ("讲个笑话吧", "task"),
    ],
)
def test_small_talk(message: str, expected: Courtesy | None) -> None:
    assert courtesy_of(message) == expected


@pytest.mark.parametrize(
    "message",
    [
        "Is a good morning greeting required?",
        "How do I write a user story?",
        "can I write a story about the museum?",
        "tell me the story of the mill",
        "no dogs?",
        "all day?",
        "Why?",
        "Great, and when does it open?",
        "谢谢，几点关门？",
        "画展几点开门",
        "讲座在哪里",
        "请写明申请表要交给谁",
        "可以吗",
        "早班几点",
        "???",
    ],
)
def test_what_asks_for_something_is_none(message: str) -> None:
    assert courtesy_of(message) is None


@pytest.mark.parametrize(
    ("message", "rest"),
    [
        ("Hi, what is the price?", "what is the price?"),
        ("谢谢，几点关门？", "几点关门？"),
        ("Great halls: who rents them?", "Great halls: who rents them?"),
        ("Hello!", "Hello!"),
    ],
)
def test_a_courtesy_before_a_question_is_left_out(message: str, rest: str) -> None:
    assert without_courtesy(message) == rest


def test_the_reply_is_in_the_language_of_the_message() -> None:
    assert reply_to("task", "写一首诗").startswith("这个我做不了")
    assert reply_to("greeting", "Hello!").startswith("Hello!")
    assert reply_to("thanks", "ありがとう、とても助かりました").startswith("You are welcome")


@pytest.mark.parametrize("message", ["嗯" * 199 + "x", "ok " * 60 + "xyz", "!?" * 99 + "x", "thanks again " * 15 + "x"])
def test_hostile_messages_take_no_time(message: str) -> None:
    begun = time.process_time()

    assert courtesy_of(message) is None

    assert time.process_time() - begun < 0.5
