"""Citations: a marker stays only if its passage says what stands before it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from generator.answer import Quote
from generator.citing.citations import check_citations, quoted_citations
from retriever.search.search import Hit

MakeHit = Callable[..., Hit]
LEAVE = "Everyone has leave. Employees receive 25 days of paid leave per year. It expires in March."
OFFICE = "The office opens at nine."
CHINESE = "公司制度如下。员工每年享有十五天带薪年假。年假三月到期。"


@pytest.fixture
def hits(hit: MakeHit) -> list[Hit]:
    return [hit(LEAVE, start=100), hit(OFFICE), hit(CHINESE, start=7)]


def test_a_marker_that_its_passage_supports_stays_and_is_cited(hits: list[Hit]) -> None:
    text, (citation,) = check_citations("Employees receive 25 days of paid leave [1].", hits)

    assert text == "Employees receive 25 days of paid leave [1]."
    assert (citation.marker, citation.document_id, citation.external_id, citation.title) == (
        "[1]",
        "doc_1",
        "a.txt",
        "A",
    )
    assert (citation.version, citation.passage_id, citation.page, citation.score) == (1, "psg_1", None, 1.0)


@pytest.mark.parametrize(
    ("answer", "quote"),
    [
        ("Paid leave is 25 days per year [1]", "Employees receive 25 days of paid leave per year."),
        ("带薪年假有十五天[3]。", "员工每年享有十五天带薪年假。"),
    ],
)
def test_the_quote_is_the_exact_span_of_the_document(hits: list[Hit], answer: str, quote: str) -> None:
    document = "x" * 7 + CHINESE
    document += "x" * (100 - len(document)) + LEAVE

    _, (citation,) = check_citations(answer, hits)

    assert citation.quote == quote == document[citation.start : citation.end]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("Employees receive 30 cars every Monday morning [1].", "Employees receive 30 cars every Monday morning."),
        ("The office opens at nine [1].", "The office opens at nine."),
        ("The office opens at nine [0] [4] [999].", "The office opens at nine."),
        ("The office opens at nine [4] [2].", "The office opens at nine [2]."),
        ("员工每年享有二十辆公司汽车[3]。", "员工每年享有二十辆公司汽车。"),
        ("[2]", ""),
        ("The office opens at ten [2].", "The office opens at ten."),
        ("The office does not open at nine [2].", "The office does not open at nine."),
        ("Employees receive 25 weeks of paid leave [1].", "Employees receive 25 weeks of paid leave."),
        ("Employees receive 25 days of paid leave in 2024 [1].", "Employees receive 25 days of paid leave in 2024."),
        ("… [2] —", "… —"),
        ("", ""),
    ],
)
def test_a_marker_that_does_not_hold_is_removed_and_the_words_stay(hits: list[Hit], answer: str, expected: str) -> None:
    text, citations = check_citations(answer, hits)

    assert text == expected
    assert [citation.marker for citation in citations] == (["[2]"] if "[2]" in expected else [])


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("The office opens at nine【2】。", "The office opens at nine[2]。"),
        ("The office opens at nine ［2］.", "The office opens at nine [2]."),
        ("The office opens at nine [1, 2].", "The office opens at nine [2]."),
        ("The office opens at nine [1-3].", "The office opens at nine [2]."),
        ("The office opens at nine [passage 2].", "The office opens at nine [2]."),
        ("[2] The office opens at nine.", "The office opens at nine. [2]"),
        (
            "[1] Everyone has leave.\n[2] The office opens at nine.",
            "Everyone has leave. [1]\nThe office opens at nine. [2]",
        ),
        ("According to [2], the office opens at nine.", "According to [2], the office opens at nine."),
    ],
)
def test_markers_are_understood_as_models_write_them(hits: list[Hit], answer: str, expected: str) -> None:
    text, citations = check_citations(answer, hits)

    assert text == expected
    assert citations[-1].quote == OFFICE


FOOTNOTED = "Smith showed this [2] in 1990. Compare [1, 3] and array[0] there. The bridge is from 1931 [3]."


@pytest.mark.parametrize(
    ("answer", "cited"),
    [
        ("Smith showed this [2] in 1990 [4].", ["[4]"]),
        ("Smith showed this [2] in 1990. [4]", ["[4]"]),
        ("Compare [1, 3] and array[0] there [4].", ["[4]"]),
        ("The bridge is from 1931 [3]. [4]", ["[4]"]),
        ("The bridge is from 1931 [3].", []),
    ],
)
def test_a_bracket_that_is_copied_from_a_passage_is_text(
    hits: list[Hit], hit: MakeHit, answer: str, cited: list[str]
) -> None:
    text, citations = check_citations(answer, [*hits, hit(FOOTNOTED)])

    assert text == answer
    assert [citation.marker for citation in citations] == cited


def test_what_a_generator_quotes_is_cited_as_it_stands(hit: MakeHit) -> None:
    quoted = quoted_citations([Quote(1, 0, 30), Quote(0, 0, 10)], [hit(LEAVE, start=100), hit(FOOTNOTED, start=7)])

    assert [(each.marker, each.quote, each.start, each.end, each.score) for each in quoted] == [
        ("[2]", FOOTNOTED[:30], 7, 37, 1.0),
        ("[1]", LEAVE[:10], 100, 110, 1.0),
    ]


def test_what_does_not_hold_is_told_with_its_reason(hits: list[Hit]) -> None:
    dropped: dict[str, str] = {}

    check_citations("The office opens at ten [2]. Everyone has leave [9].", hits, dropped)

    assert dropped == {"[2]": "'10' does not stand in the sentence", "[9]": "there is no passage 9, there are 3"}


def test_markers_side_by_side_cite_the_same_statement(hits: list[Hit]) -> None:
    text, citations = check_citations("The office opens at nine [2][1] [2].", hits)

    assert text == "The office opens at nine [2] [2]."
    assert [citation.quote for citation in citations] == [OFFICE, OFFICE]


def test_each_marker_is_checked_against_the_sentence_before_it(hits: list[Hit]) -> None:
    answer = "The office opens at nine. [2] Everyone has leave [1]. It opens at ten on Sundays and holidays [2]."

    text, citations = check_citations(answer, hits)

    assert text == "The office opens at nine. [2] Everyone has leave [1]. It opens at ten on Sundays and holidays."
    assert [citation.quote for citation in citations] == [OFFICE, "Everyone has leave."]


def test_three_of_five_words_support_a_statement_and_two_do_not(hits: list[Hit]) -> None:
    assert check_citations("office opens nine green parrots [2]", hits)[1][0].score == 0.6
    assert check_citations("office opens big green parrots [2]", hits)[1] == []


def test_the_words_of_several_sentences_do_not_add_up(hits: list[Hit]) -> None:
    assert check_citations("Everyone employees receive expires March [1]", hits)[1] == []


def test_words_are_compared_by_their_stems(hits: list[Hit]) -> None:
    assert len(check_citations("opening offices at nine [2]", hits)[1]) == 1


def test_without_hits_no_marker_stays() -> None:
    assert check_citations("The office opens at nine [1].", []) == ("The office opens at nine.", [])


def test_a_marker_of_more_than_three_digits_is_text(hits: list[Hit]) -> None:
    assert check_citations("The year [2024].", hits) == ("The year [2024].", [])
