"""Paraphrases and taught answers: found with the real encoder, and questions of one form are told apart."""

from __future__ import annotations

import pytest

from eval.paraphrases import ANSWER_IS_TAUGHT, ASKS_THE_SAME, Leak, Text, find_paraphrases, find_taught_answers
from retriever.models.encoder import Encoder
from store.examples import ChatContent, Message, PreferenceContent, QuestionContent, TextContent


def text(name: str, question: str, answer: str, *documents: str) -> Text:
    found = Text.of(name, QuestionContent(question=question, answers=[answer] if answer else []), documents)
    assert found is not None
    return found


KNOWN = [
    text("ticket", "How much does a single ticket cost?", "twelve crowns", "fares"),
    text("child", "How much does a child's ticket cost?", "six crowns", "fares"),
    text("crane", "What lifts eleven tons?", "the old crane", "quay"),
]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (text("q", "What is the price of one single ticket?", "Twelve crowns.", "fares"), "ticket"),
        (text("q", "What is the price of one single ticket?", "twelve crowns"), "ticket"),  # about no document
        (text("q", "what does the ticket for a kid cost", "six", "fares"), "child"),  # a part of its answer
        (text("q", "How much does a dog's ticket cost?", "nothing", "fares"), None),  # one form, another answer
        (
            text("q", "How many crowns has the collection?", "twelve crowns", "coins"),
            None,
        ),  # one answer, another question
        (text("q", "How much does a single ticket cost?", "", "fares"), "ticket"),  # the very same question
        (text("q", "What is the price of one single ticket?", "thirty", "zoo"), None),
    ],
)
def test_what_asks_the_same_is_found(minilm: Encoder, asked: Text, found: str | None) -> None:
    leaks = find_paraphrases(KNOWN, [asked], minilm.encode_queries)

    assert leaks == ([] if found is None else [Leak("q", found, ASKS_THE_SAME)])


def test_none_is_a_paraphrase_of_itself(minilm: Encoder) -> None:
    assert find_paraphrases(KNOWN, KNOWN, minilm.encode_queries) == []
    assert find_paraphrases([], KNOWN, minilm.encode_queries) == []


_LONG = "the night shift begins at ten in the evening and ends at six"


@pytest.mark.parametrize(
    ("answer", "taught", "leaks"),
    [
        (_LONG, "As you know, The Night Shift begins\nat ten in the evening, and ends at six.", True),
        (_LONG, "the night shift begins at ten in the evening", False),  # not the whole answer
        ("ten in the evening", f"Yes: {_LONG}", False),  # stands in many texts by chance
        ("港口的夜班从晚上十点开始", "请注意：港口的夜班从晚上十点开始。", True),
    ],
)
def test_an_answer_that_is_taught_is_found_whatever_is_asked(answer: str, taught: str, leaks: bool) -> None:
    chat = ChatContent(messages=[Message(role="user", content="Hm?"), Message(role="assistant", content=taught)])
    judged = PreferenceContent(messages=chat.messages[:1], chosen="No.", rejected=taught)

    for content in (chat, judged):
        known = Text.of("lesson", content, [])
        assert known is not None
        found = find_taught_answers([known], [text("q", "When?", answer)])
        assert found == ([Leak("q", "lesson", ANSWER_IS_TAUGHT)] if leaks else [])


def test_a_text_asks_nothing() -> None:
    assert Text.of("t", TextContent(text=_LONG), []) is None
