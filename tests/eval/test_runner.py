"""Running an arm: what is recorded of each answer."""

from __future__ import annotations

from replies import ABSTENTION, ASKED, UNANSWERABLE, hit, reply

from eval.metrics.answered import Answered
from eval.metrics.table import scores_of
from eval.runner import run_arm


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
    assert records[0].scores == scores_of(Answered(ASKED, answers[ASKED.question]))
    assert all(record.ms >= 0 for record in records)
    assert len(done) == 2


def test_a_record_names_whose_text_may_stand_in_it() -> None:
    given = reply("12 crowns [1]", cited=("doc_cited",), hits=(hit("doc_shown", also_in=("doc_copy",)),))

    (record,) = run_arm("rag", [ASKED], lambda _: given, lambda: None)

    assert record.documents == ["doc_cited", "doc_copy", "doc_fares", "doc_shown"]
    assert (record.question, record.gold) == (ASKED.question, ASKED.answers)
