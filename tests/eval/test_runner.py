"""Running an arm: what an answer scores, and what is recorded of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eval.runner import EvalQuestion, count_questions, grouped, run_arm, score
from generator.answer import Answer, Citation
from retriever.search.search import Hit
from store.datasets import Example
from store.errors import InvalidInputError
from store.passages import Passage

ASKED = EvalQuestion("q1", "How much is a ticket?", ["12 crowns"], ["doc_fares"], "en")
UNANSWERABLE = EvalQuestion("q2", "Who is the mayor?", [], [], "en")
ABSTENTION = "The documents do not say."


def hit(document: str, also_in: tuple[str, ...] = ()) -> Hit:
    passage = Passage(f"psg_{document}", document, "a.md", "A", 1, 0, 9, None, "", "some text", 1)
    return Hit(passage, 1.0, {"dense": 1, "lexical": 1, "rerank": None}, 0.5, list(also_in))


def citation(document: str) -> Citation:
    return Citation("[1]", document, "a.md", "A", 1, "psg_1", 0, 9, None, "some text", 1.0)


def reply(
    text: str, *, abstained: bool = False, cited: tuple[str, ...] = (), hits: tuple[Hit, ...] = (), arm: str = "rag"
) -> Answer:
    return Answer(
        answer=text,
        abstained=abstained,
        evidence=None,
        citations=[citation(document) for document in cited],
        hits=list(hits),
        arm=arm,
        release="rel_1",
        index_seq=1,
        generator="extractive",
        adapter=None,
        prompt_tokens=7,
        completion_tokens=3,
        timings_ms={},
        explain={},
    )


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
    scores = score(question, given)

    assert scores["f1"] == pytest.approx(f1)
    assert (scores["em"], scores["recall"], scores["abstention"]) == (em, recall, abstention)


def test_citations_and_passages_are_scored_by_their_documents() -> None:
    scores = score(ASKED, reply("12 crowns", cited=("doc_fares", "doc_tea"), hits=(hit("doc_tea"), hit("doc_fares"))))
    missed = score(ASKED, reply("12 crowns", cited=("doc_tea",), hits=(hit("doc_tea"),)))

    assert (scores["citation_precision"], scores["retrieval_hit"]) == (0.5, 1.0)
    assert (missed["citation_precision"], missed["retrieval_hit"]) == (0.0, 0.0)


def test_a_passage_that_the_gold_document_shares_counts_as_found() -> None:
    scores = score(ASKED, reply("12 crowns", hits=(hit("doc_copy", also_in=("doc_fares",)),)))

    assert scores["retrieval_hit"] == 1.0


def test_scores_that_do_not_apply_are_left_out() -> None:
    assert score(ASKED, reply("12 crowns", arm="base"))["retrieval_hit"] is None  # this arm does not retrieve
    assert score(ASKED, reply("12 crowns"))["citation_precision"] is None
    assert score(UNANSWERABLE, reply("x", hits=(hit("doc_tea"),)))["retrieval_hit"] is None


def test_a_retrieval_that_finds_nothing_is_a_miss() -> None:
    assert score(ASKED, reply(ABSTENTION, abstained=True))["retrieval_hit"] == 0.0


def test_an_arm_leaves_one_record_for_each_question_in_order() -> None:
    answers = {
        ASKED.question: reply("12 crowns [1]", cited=("doc_fares",), hits=(hit("doc_fares"),)),
        UNANSWERABLE.question: reply(ABSTENTION, abstained=True),
    }
    done: list[int] = []

    records = run_arm("rag", [ASKED, UNANSWERABLE], answers.__getitem__, lambda: done.append(1))

    assert [(r.key, r.arm, r.cluster, r.abstained) for r in records] == [
        ("q1", "rag", "doc_fares", False),
        ("q2", "rag", "q2", True),
    ]
    assert (records[0].cited, records[0].prompt_tokens, records[0].completion_tokens) == (["doc_fares"], 7, 3)
    assert records[0].as_json()["scores"] == score(ASKED, answers[ASKED.question])
    assert all(record.ms >= 0 for record in records)
    assert len(done) == 2


@pytest.mark.parametrize(
    ("content", "language"),
    [
        ({"question": "How much?", "answers": []}, "en"),
        ({"question": "门票多少钱？", "answers": []}, "zh"),
        ({"question": "门票多少钱？", "answers": [], "language": "en"}, "en"),
    ],
)
def test_a_question_is_in_the_language_that_it_names_or_is_written_in(
    content: dict[str, object], language: str
) -> None:
    question = EvalQuestion.from_example(Example("q", "test", content, {"doc_b": 1, "doc_a": 2}))

    assert question.language == language
    assert (question.documents, question.cluster) == (["doc_a", "doc_b"], "doc_a")
    assert replace(question, documents=[]).cluster == "q"


def test_an_example_of_another_kind_is_refused_by_its_key() -> None:
    with pytest.raises(InvalidInputError, match="chat-7"):
        EvalQuestion.from_example(Example("chat-7", "test", {"messages": []}, {}))


def test_a_record_names_whose_text_may_stand_in_it() -> None:
    given = reply("12 crowns [1]", cited=("doc_cited",), hits=(hit("doc_shown", also_in=("doc_copy",)),))

    (record,) = run_arm("rag", [ASKED], lambda _: given, lambda: None)

    assert record.documents == ["doc_cited", "doc_copy", "doc_fares", "doc_shown"]
    assert (record.question, record.gold) == (ASKED.question, ASKED.answers)


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
