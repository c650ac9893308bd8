"""Where a gold answer stands."""

from __future__ import annotations

import pytest
from replies import hit

from eval.questions import EvalQuestion
from eval.weaknesses.gold import contradicted, coverage, gold_hits, holds, is_literal, stands_in


def _question(key: str, *answers: str, documents: tuple[str, ...] = (), language: str = "en") -> EvalQuestion:
    return EvalQuestion(key, "How much is it?", list(answers), list(documents), language)


@pytest.mark.parametrize(
    ("text", "answer", "language", "expected"),
    [
        ("A ticket costs 12 crowns.", "12 crowns", "en", True),
        ("A ticket costs 120 crowns.", "12 crowns", "en", False),
        ("成人门票四十元。", "四十元", "zh", True),
        ("成人门票四十五元。", "四十元", "zh", False),
        (  # a long answer in other words of the same kind: 9 of its 10 words
            "Wash the hands, put on gloves, open the valve slowly and wait two minutes.",
            "put on gloves, wash the hands, open the valve, wait ten minutes",
            "en",
            True,
        ),
        ("Put on gloves.", "put on gloves, wash the hands, open the valve, wait two minutes", "en", False),
    ],
)
def test_a_text_holds_a_short_answer_word_by_word_and_most_words_of_a_long_one(
    text: str, answer: str, language: str, expected: bool
) -> None:
    assert holds(text, [answer], language) is expected


def test_coverage_counts_words_as_often_as_the_answer_has_them() -> None:
    assert coverage("one fish", "one fish two fish", "en") == 0.5


@pytest.mark.parametrize(
    ("answer", "literal"),
    [("12 crowns", True), ("12,5", False), ("Yes.", False), ("不可以", False), ("四十元", True)],
)
def test_a_number_or_a_yes_need_not_stand_in_a_text(answer: str, literal: bool) -> None:
    question = _question("q", answer)

    assert is_literal(question) is literal
    assert stands_in(["something else altogether"], question) is not literal


def test_gold_hits_are_of_the_gold_documents_and_hold_the_answer() -> None:
    hits = [hit("doc_a"), hit("doc_b", also_in=("doc_c",)), hit("doc_d")]  # each says "some text"

    assert gold_hits(hits, _question("q", "some text", documents=("doc_c",)), literally=True) == [hits[1]]
    assert gold_hits(hits, _question("q", "other words", documents=("doc_c",)), literally=True) == []
    assert gold_hits(hits, _question("q", "other words", documents=("doc_c",)), literally=False) == [hits[1]]
    assert gold_hits(hits, _question("q", "some text"), literally=True) == hits


def test_equal_questions_with_other_answers_contradict_each_other() -> None:
    questions = [
        _question("one", "12 crowns", documents=("doc_a",)),
        _question("other", "15 crowns", documents=("doc_a",)),
        _question("elsewhere", "20 crowns", documents=("doc_b",)),
        _question("again", "9", "8", documents=("doc_c",)),
        _question("and again", "8", documents=("doc_c",)),
        _question("other words", "30 crowns", documents=("doc_a",)),
    ]

    assert contradicted(questions, [1, 1, 1, 1, 1, 2]) == {"one", "other"}
