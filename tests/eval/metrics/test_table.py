"""The table of metrics: what an answer scores by each of them."""

from __future__ import annotations

import pytest
from replies import ABSTENTION, ASKED, UNANSWERABLE, hit, reply

from eval.metrics.answered import Answered
from eval.metrics.table import DECIDING, METRICS, scores_of
from eval.questions import EvalQuestion
from generator.answer import Answer


def scored(question: EvalQuestion, given: Answer) -> dict[str, float | None]:
    return scores_of(Answered(question, given))


@pytest.mark.parametrize(
    ("question", "given", "f1", "em", "recall", "abstention"),
    [
        (ASKED, reply("12 crowns [1]"), 1.0, 1.0, 1.0, 1.0),
        (ASKED, reply("It is 12 crowns."), 2 * 0.5 * 1.0 / 1.5, 0.0, 1.0, 1.0),
        (ASKED, reply("Nothing."), 0.0, 0.0, 0.0, 1.0),
        (ASKED, reply(ABSTENTION, abstained=True), 0.0, 0.0, 0.0, 0.0),
        (ASKED, reply("12 crowns", abstained=True), 0.0, 0.0, 0.0, 0.0),  # its words do not count once it abstained
        (UNANSWERABLE, reply(ABSTENTION, abstained=True), 1.0, 1.0, 1.0, 1.0),
        (UNANSWERABLE, reply("Ada Moss."), 0.0, 0.0, 0.0, 0.0),
    ],
)
def test_answering_is_right_where_there_is_an_answer_and_abstaining_where_there_is_none(
    question: EvalQuestion, given: Answer, f1: float, em: float, recall: float, abstention: float
) -> None:
    scores = scored(question, given)

    assert scores["f1"] == pytest.approx(f1)
    assert (scores["em"], scores["recall"], scores["abstention"]) == (em, recall, abstention)


def test_citations_and_passages_are_scored_by_their_documents() -> None:
    scores = scored(ASKED, reply("12 crowns", cited=("doc_fares", "doc_tea"), hits=(hit("doc_tea"), hit("doc_fares"))))
    missed = scored(ASKED, reply("12 crowns", cited=("doc_tea",), hits=(hit("doc_tea"),)))

    assert (scores["citation_precision"], scores["retrieval_hit"]) == (0.5, 1.0)
    assert (missed["citation_precision"], missed["retrieval_hit"]) == (0.0, 0.0)


def test_a_passage_that_the_gold_document_shares_counts_as_found() -> None:
    scores = scored(ASKED, reply("12 crowns", hits=(hit("doc_copy", also_in=("doc_fares",)),)))

    assert scores["retrieval_hit"] == 1.0


def test_scores_that_do_not_apply_are_left_out() -> None:
    assert scored(ASKED, reply("12 crowns", arm="base"))["retrieval_hit"] is None  # this arm does not retrieve
    assert scored(ASKED, reply("12 crowns"))["citation_precision"] is None
    assert scored(UNANSWERABLE, reply("x", hits=(hit("doc_tea"),)))["retrieval_hit"] is None


def test_a_retrieval_that_finds_nothing_is_a_miss() -> None:
    assert scored(ASKED, reply(ABSTENTION, abstained=True))["retrieval_hit"] == 0.0


def test_the_scores_stand_in_the_order_of_the_table() -> None:
    names = ["f1", "em", "recall", "abstention", "citation_precision", "retrieval_hit"]

    assert list(scored(ASKED, reply("12 crowns"))) == names == [metric.name for metric in METRICS]


def test_a_verdict_may_rest_on_the_scores_of_the_text_alone() -> None:
    assert DECIDING == ("f1", "em", "recall")
