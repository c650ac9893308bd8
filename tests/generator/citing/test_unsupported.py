"""Sentences of an answer that no passage says are found, and can be left out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from generator.citing.citations import check_citations
from generator.citing.unsupported import cited_where_said, unsupported_sentences, without
from retriever.search.search import Hit

MakeHit = Callable[..., Hit]
OFFICE = "The office opens at nine. It closes at five. The canteen serves lunch."
LEAVE = "Employees receive 25 days of paid leave. 员工每年享有十五天带薪年假。"


@pytest.fixture
def hits(hit: MakeHit) -> list[Hit]:
    return [hit(OFFICE), hit(LEAVE)]


@pytest.mark.parametrize(
    ("draft", "unsupported", "left"),
    [
        ("The office opens at nine [1].", [], "The office opens at nine [1]."),
        (
            "The office opens at nine [1]. The boss has a yellow car.",
            ["The boss has a yellow car."],
            "The office opens at nine [1].",
        ),
        (
            "The boss has a yellow car. The office opens at nine. [1] The canteen serves lunch.",
            ["The boss has a yellow car."],
            "The office opens at nine. [1] The canteen serves lunch.",
        ),
        (
            "The office opens at nine [1]. It closes at seven [1].",
            ["It closes at seven."],
            "The office opens at nine [1].",
        ),
        (
            "The office opens at nine [1] and the boss has a yellow car.",
            ["and the boss has a yellow car."],
            "The office opens at nine [1]",
        ),
        ("Yes. The times are: the office opens at nine [1].", [], "Yes. The times are: the office opens at nine [1]."),
        ("According to [1], the office opens at nine.", [], "According to [1], the office opens at nine."),
        ("员工每年享有十五天带薪年假[2]。老板开黄色汽车。", ["老板开黄色汽车。"], "员工每年享有十五天带薪年假[2]。"),
        ("- The office opens at nine [1]\n- The boss drives to work", ["- The boss drives to work"], None),
    ],
)
def test_what_no_passage_says_is_found(hits: list[Hit], draft: str, unsupported: list[str], left: str | None) -> None:
    text, citations = check_citations(draft, hits)

    found = unsupported_sentences(text, citations, hits)

    assert [each.text.strip() for each in found] == unsupported
    assert [text[each.start : each.end] for each in found] == [each.text for each in found]
    assert left is None or without(text, found) == left
    assert all(each.reason for each in found)


@pytest.mark.parametrize(
    ("draft", "cited", "markers"),
    [
        ("The office opens at nine.", "The office opens at nine [1].", ["[1]"]),
        ("The office opens at nine. The boss has a car.", "The office opens at nine [1]. The boss has a car.", ["[1]"]),
        (
            "The canteen serves lunch. Employees receive 25 days of paid leave [2]. The office opens at nine",
            "The canteen serves lunch [1]. Employees receive 25 days of paid leave [2]. The office opens at nine [1]",
            ["[1]", "[2]", "[1]"],
        ),
        ("员工每年享有十五天带薪年假。", "员工每年享有十五天带薪年假[2]。", ["[2]"]),
        ("The office opens at ten.", "The office opens at ten.", []),
        ("Does the office open at nine?", "Does the office open at nine?", []),
    ],
)
def test_a_sentence_that_a_passage_says_gets_its_marker(
    hits: list[Hit], draft: str, cited: str, markers: list[str]
) -> None:
    text, citations = check_citations(draft, hits)

    text, citations = cited_where_said(text, citations, hits)

    assert text == cited
    assert [each.marker for each in citations] == markers
    assert check_citations(text, hits)[0] == text


def test_without_a_passage_everything_is_unsupported() -> None:
    (found,) = unsupported_sentences("The boss has a car.", [], [])

    assert found.reason == "there is no passage"
