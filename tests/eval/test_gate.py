"""The gate: each reason for which it stays closed, and what opens it."""

from __future__ import annotations

from typing import Any

import pytest
from reports import records, report_of, settings_of

from eval import gate
from eval.report.model import Decision, read_report
from eval.settings import EvalSettings, GateLimits

LIMITS = GateLimits(min_questions=20, min_documents=8, max_abstention_loss=0.1)

SURE = {"metric": "f1", "p": 0.001, "kind": "named"}


def decide(measured: dict[str, Any], arm: str, limits: GateLimits, looks: int = 1) -> Decision:
    return gate.decide(read_report(measured), arm, EvalSettings(gate=limits), looks)


def about(**changes: Any) -> dict[str, Any]:
    counts = {
        "id": "ds_1",
        "name": "faq",
        "sha256": "0" * 64,
        "questions": 40,
        "answerable": 30,
        "unanchored": 0,
        "documents": 20,
        "groups": 20,
        "split": "test",
    }
    return {**counts, **changes}


def arms_of(abstention: dict[str, float]) -> dict[str, Any]:
    about = {"release": "rel_1", "generator": "x", "adapter": None}
    interval = {"low": 0.0, "high": 1.0, "n": 40, "clusters": 20}
    return {name: {**about, "metrics": {"abstention": {"mean": mean, **interval}}} for name, mean in abstention.items()}


def report(**changes: Any) -> dict[str, Any]:
    means = {"extractive": 0.9, "rag": 0.85, "combined": 0.7}
    return {
        "schema": 2,
        "domain": "handbook",
        "skipped": {},
        "normalisers": {},
        "interval": "",
        "records": [],
        "active_arm": "rag",
        "primary_metric": "f1",
        "leaks": [],
        "dataset": about(),
        "comparisons": [
            {"arm": "rag", "against": "extractive", "difference": 0.1, "low": 0.05, "high": 0.15, **SURE},
            {"arm": "combined", "against": "rag", "difference": 0.2, "low": 0.1, "high": 0.3, **SURE},
        ],
        "arms": arms_of(means),
        **changes,
    }


def compared(low: float, arm: str = "combined", against: str = "rag") -> list[dict[str, Any]]:
    return [{"arm": arm, "against": against, "difference": 0.1, "low": low, "high": 0.2, **SURE}]


def with_abstention(rag: float, combined: float) -> dict[str, Any]:
    return arms_of({"rag": rag, "combined": combined})


def test_an_arm_that_gains_enough_and_still_abstains_may_be_promoted() -> None:
    decision = decide(report(arms=with_abstention(0.85, 0.85)), "combined", LIMITS)

    assert decision.passed
    assert decision.reasons == []


def test_a_leak_closes_the_gate_for_every_arm_and_no_measured_number_is_given() -> None:
    leaky = report(leaks=["one", "two"], comparisons=compared(-0.5))

    for arm in ("combined", "rag"):
        decision = decide(leaky, arm, LIMITS)
        assert not decision.passed
        assert decision.reasons == ["2 leaks between training and test"]


def test_too_few_questions_close_the_gate_even_for_the_active_arm() -> None:
    for arm in ("combined", "rag"):
        decision = decide(
            report(dataset=about(questions=19), arms=with_abstention(0.8, 0.8)),
            arm,
            LIMITS,
        )
        assert decision.reasons == ["19 questions, at least 20 are needed"]
        assert not decision.passed


def test_a_gain_whose_lower_end_is_not_above_the_limit_is_not_enough() -> None:
    same = with_abstention(0.8, 0.8)
    decision = decide(report(arms=same, comparisons=compared(0.0)), "combined", LIMITS)

    assert not decision.passed
    assert decision.reasons == ["f1 gains +0.100 [+0.000, +0.200] over rag; the lower end must be above +0.000"]
    assert decide(report(arms=same, comparisons=compared(0.001)), "combined", LIMITS).passed


def test_an_arm_that_abstains_much_worse_is_not_promoted() -> None:
    decision = decide(report(), "combined", LIMITS)

    assert not decision.passed
    assert decision.reasons == ["abstention accuracy falls by 0.150, allowed is 0.100"]
    assert decide(report(arms=with_abstention(0.8, 0.71)), "combined", LIMITS).passed


def test_all_reasons_are_given_together() -> None:
    decision = decide(
        report(dataset=about(questions=3), comparisons=compared(-0.1)),
        "combined",
        LIMITS,
    )

    assert len(decision.reasons) == 3


def test_an_arm_that_was_not_compared_with_the_active_one_is_not_promoted() -> None:
    decision = decide(report(comparisons=compared(0.1, "combined", "extractive")), "combined", LIMITS)

    assert not decision.passed
    assert decision.reasons == ["it was not compared with the active arm rag"]


def test_the_active_arm_needs_no_gain_over_itself() -> None:
    assert decide(report(), "rag", LIMITS).passed


def test_a_cheaper_arm_may_replace_a_dearer_active_one_that_it_beats() -> None:
    worse = [{"arm": "rag", "against": "extractive", "difference": -0.1, "low": -0.2, "high": -0.05, **SURE}]

    assert decide(report(comparisons=worse), "extractive", LIMITS).passed
    closed = decide(report(), "extractive", LIMITS)
    assert closed.reasons == ["f1 gains -0.100 [-0.150, -0.050] over rag; the lower end must be above +0.000"]


def test_too_few_documents_close_the_gate_since_their_interval_is_too_narrow() -> None:
    narrow = report(dataset=about(documents=7, groups=7), arms=with_abstention(0.8, 0.8))

    assert decide(narrow, "combined", LIMITS).reasons == [
        "too few documents: answerable questions about 7, at least 8 are needed"
    ]


def test_a_train_split_opens_no_gate() -> None:
    trained = report(dataset=about(split="train"), arms=with_abstention(0.8, 0.8))

    assert decide(trained, "combined", LIMITS).reasons == ["it was measured on a train split"]


def test_thirty_documents_are_enough_and_needed_unless_something_else_is_set() -> None:
    same = with_abstention(0.8, 0.8)
    thirty = report(dataset=about(documents=30, groups=30, split="dev"), arms=same)

    assert GateLimits().min_documents == 30
    for arm in ("combined", "rag"):
        assert decide(thirty, arm, GateLimits()).passed
        strict = decide(thirty, arm, GateLimits(min_documents=31))
        assert strict.reasons == ["too few documents: answerable questions about 30, at least 31 are needed"]


def test_a_train_split_closes_the_gate_of_the_active_arm_too() -> None:
    trained = report(dataset=about(split="train"))

    assert decide(trained, "rag", LIMITS).reasons == ["it was measured on a train split"]
    assert not decide(trained, "rag", LIMITS).passed


def test_documents_that_share_questions_count_once() -> None:
    together = report(dataset=about(documents=40, groups=5), arms=with_abstention(0.8, 0.8))

    (reason,) = decide(together, "combined", LIMITS).reasons
    assert reason == (
        "too few documents: answerable questions about 40 in 5 groups that share none, at least 8 are needed"
    )


def test_questions_that_name_no_document_are_about_none() -> None:
    bare = report(dataset=about(documents=0, groups=0, unanchored=30), arms=with_abstention(0.8, 0.8))

    assert decide(bare, "combined", LIMITS).reasons == [
        "too few documents: answerable questions about 0, at least 8 are needed"
    ]


def test_a_set_without_an_answer_opens_no_gate() -> None:
    one_sided = report(dataset=about(answerable=0), arms=with_abstention(0.8, 0.8))

    assert decide(one_sided, "combined", LIMITS).reasons == [
        "no question has an answer, so an arm that always abstains is always right"
    ]


@pytest.mark.parametrize(("looks", "passed"), [(1, True), (25, True), (26, False)])
def test_each_measurement_of_the_same_questions_makes_the_gate_stricter(looks: int, passed: bool) -> None:
    # Two contrasts with p = 0.001 each: by Holm 0.002, and 25 looks make it 0.05.
    decision = decide(report(arms=with_abstention(0.8, 0.8)), "combined", LIMITS, looks)

    assert decision.passed == passed
    said = "p = 0.052 corrected for 2 contrasts and 26 measurements on these questions; it must be at most 0.05"
    assert passed or said in decision.reasons[0]


def test_a_p_value_pays_for_the_contrasts_that_were_looked_at_beside_it() -> None:
    alone = [{**compared(0.01)[0], "p": 0.03}]
    beside = {**compared(0.01, "rag", "extractive")[0], "p": 0.2}
    same = with_abstention(0.8, 0.8)

    assert decide(report(comparisons=alone, arms=same), "combined", LIMITS).passed
    closed = decide(report(comparisons=[*alone, beside], arms=same), "combined", LIMITS)
    assert "p = 0.060 corrected for 2 contrasts;" in closed.reasons[0]


def test_the_limits_that_hold_now_decide_and_a_gain_must_be_significantly_above_the_least() -> None:
    scores = [0.5 + 0.01 * (n % 3) for n in range(40)]
    measured = report_of({"rag": records("rag", [0.4] * 40), "combined": records("combined", scores)}, "rag")

    assert gate.decide(measured, "combined", settings_of(min_gain=0.1), 1).passed
    assert not gate.decide(measured, "combined", settings_of(min_gain=0.2), 1).passed
    assert not gate.decide(measured, "combined", settings_of(min_gain=0.1, min_documents=21), 1).passed
    assert gate.decide(measured, "rag", settings_of(), 1).passed


def test_a_report_of_before_opens_nothing_since_it_counted_questions_as_documents() -> None:
    (reason,) = decide(
        report(
            schema=1,
            dataset={"id": "ds_1", "name": "faq", "split": "test", "sha256": "", "questions": 40, "documents": 40},
        ),
        "combined",
        LIMITS,
    ).reasons

    assert "measure it again" in reason
