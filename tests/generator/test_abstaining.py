"""What an abstention says of names that no document holds, in the language of the question."""

from __future__ import annotations

import pytest

from generator.abstaining import abstaining
from generator.prompt import load_prompt


@pytest.mark.parametrize(
    ("question", "names", "expected"),
    [
        ("Why?", ["East depot"], "The documents do not say. No document mentions “East depot”."),
        ("Why?", ["E-1", "E-2"], "The documents do not say. No document mentions “E-1”, “E-2”."),
        ("北馆几点开门？", ["北馆", "E-1"], "文档中没有说明。没有文档提到“北馆”、“E-1”。"),
    ],
)
def test_an_abstention_names_what_no_document_holds(question: str, names: list[str], expected: str) -> None:
    assert abstaining(load_prompt().abstention(question, with_passages=True), question, names) == expected


@pytest.mark.parametrize("question", ["Why?", "为什么？", "なぜですか？", "왜 그런가요?", "Почему?"])
def test_the_sentence_follows_the_abstention_in_every_language_and_names_three_at_most(question: str) -> None:
    abstention = load_prompt().abstention(question, with_passages=True)
    said = abstaining(abstention, question, ["n1", "n2", "n3", "n4"])

    assert said.startswith(abstention)
    assert load_prompt().is_abstention(said)
    assert [name in said for name in ("n1", "n2", "n3", "n4")] == [True, True, True, False]


def test_japanese_has_quotes_of_its_own_and_braces_of_a_name_stay() -> None:
    assert "「東館」" in abstaining("", "東館は何時に開きますか？", ["東館"])
    assert abstaining("X.", "Why?", ["{names}"]) == "X. No document mentions “{names}”."


def test_an_abstention_without_names_stays_as_it_is() -> None:
    assert abstaining("The documents do not say.", "Why?", []) == "The documents do not say."
