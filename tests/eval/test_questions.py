"""The questions of an evaluation: their language, and which of them are resampled as one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eval.questions import EvalQuestion, count_questions, grouped
from store.datasets import Example
from store.errors import InvalidInputError
from store.examples import Content, QuestionContent


@pytest.mark.parametrize(
    ("content", "language"),
    [
        (QuestionContent(question="How much?", answers=[]), "en"),
        (QuestionContent(question="门票多少钱？", answers=[]), "zh"),
        (QuestionContent(question="门票多少钱？", answers=[], language="en"), "en"),
    ],
)
def test_a_question_is_in_the_language_that_it_names_or_is_written_in(content: Content, language: str) -> None:
    question = EvalQuestion.from_example(Example("q", "test", content, {"doc_b": 1, "doc_a": 2}))

    assert question.language == language
    assert (question.documents, question.cluster) == (["doc_a", "doc_b"], "doc_a")
    assert replace(question, documents=[]).cluster == "q"


class _Turns(Content):
    messages: list[str]


@pytest.mark.parametrize("content", [_Turns(messages=[]), None], ids=["a conversation", "text that was deleted"])
def test_an_example_of_another_kind_is_refused_by_its_key(content: Content | None) -> None:
    with pytest.raises(InvalidInputError, match="chat-7"):
        EvalQuestion.from_example(Example("chat-7", "test", content, {}))


def _asked(key: str, *documents: str, answers: tuple[str, ...] = ("x",)) -> EvalQuestion:
    return EvalQuestion(key, f"What of {key}?", list(answers), list(documents), "en")


def test_questions_that_hang_together_are_one_group_and_count_as_one() -> None:
    questions = [
        _asked("a", "doc_1", "doc_2"),
        _asked("b", "doc_2", "doc_3"),
        _asked("c", "doc_3"),
        _asked("d", "doc_4"),
        _asked("e"),  # names none
        _asked("f"),  # the words of e
        _asked("g", "doc_5", answers=()),
    ]

    found = grouped(questions, [1, 2, 3, 4, 5, 5, 6])

    assert [each.cluster for each in found] == ["doc_1", "doc_1", "doc_1", "doc_4", "e", "e", "doc_5"]
    assert count_questions(found) == {
        "questions": 7,
        "answerable": 6,
        "unanchored": 2,
        "documents": 4,
        "groups": 2,
    }


def test_questions_that_name_no_document_are_about_none() -> None:
    questions = [_asked(str(number)) for number in range(40)]

    counts = count_questions(grouped(questions, range(40)))

    assert (counts["documents"], counts["groups"], counts["unanchored"]) == (0, 0, 40)
