"""The gate: each reason for which it stays closed, and what opens it."""

from __future__ import annotations

from typing import Any

from eval.gate import decide
from eval.settings import GateLimits

LIMITS = GateLimits(min_questions=20, min_gain=0.02, max_abstention_loss=0.1)


def report(**changes: Any) -> dict[str, Any]:
    means = {"extractive": 0.9, "rag": 0.85, "combined": 0.7}
    return {
        "active_arm": "rag",
        "primary_metric": "f1",
        "leaks": [],
        "dataset": {"questions": 40, "documents": 20, "split": "test"},
        "comparisons": [
            {"arm": "rag", "against": "extractive", "difference": 0.1, "low": 0.05, "high": 0.15},
            {"arm": "combined", "against": "rag", "difference": 0.2, "low": 0.1, "high": 0.3},
        ],
        "arms": {name: {"metrics": {"abstention": {"mean": mean}}} for name, mean in means.items()},
        **changes,
    }


def compared(low: float, arm: str = "combined", against: str = "rag") -> list[dict[str, Any]]:
    return [{"arm": arm, "against": against, "difference": 0.1, "low": low, "high": 0.2}]


def with_abstention(rag: float, combined: float) -> dict[str, Any]:
    means = {"rag": rag, "combined": combined}
    return {name: {"metrics": {"abstention": {"mean": mean}}} for name, mean in means.items()}


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
            report(dataset={"questions": 19, "documents": 20, "split": "test"}, arms=with_abstention(0.8, 0.8)),
            arm,
            LIMITS,
        )
        assert decision.reasons == ["19 questions, at least 20 are needed"]
        assert not decision.passed


def test_a_gain_whose_lower_end_is_not_above_the_limit_is_not_enough() -> None:
    same = with_abstention(0.8, 0.8)
    decision = decide(report(arms=same, comparisons=compared(0.02)), "combined", LIMITS)

    assert not decision.passed
    assert decision.reasons == ["f1 gains +0.100 [+0.020, +0.200] over rag; the lower end must be above +0.020"]
    assert decide(report(arms=same, comparisons=compared(0.021)), "combined", LIMITS).passed


def test_an_arm_that_abstains_much_worse_is_not_promoted() -> None:
    decision = decide(report(), "combined", LIMITS)

    assert not decision.passed
    assert decision.reasons == ["abstention accuracy falls by 0.150, allowed is 0.100"]
    assert decide(report(arms=with_abstention(0.8, 0.71)), "combined", LIMITS).passed


def test_all_reasons_are_given_together() -> None:
    decision = decide(
        report(dataset={"questions": 3, "documents": 20, "split": "test"}, comparisons=compared(-0.1)),
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
    worse = [{"arm": "rag", "against": "extractive", "difference": -0.1, "low": -0.2, "high": -0.05}]

    assert decide(report(comparisons=worse), "extractive", LIMITS).passed
    closed = decide(report(), "extractive", LIMITS)
    assert closed.reasons == ["f1 gains -0.100 [-0.150, -0.050] over rag; the lower end must be above +0.020"]


def test_too_few_documents_close_the_gate_since_their_interval_is_too_narrow() -> None:
    narrow = report(dataset={"questions": 40, "documents": 7, "split": "test"}, arms=with_abstention(0.8, 0.8))

    assert decide(narrow, "combined", LIMITS).reasons == ["questions about 7 documents, at least 8 are needed"]


def test_a_train_split_opens_no_gate() -> None:
    trained = report(dataset={"questions": 40, "documents": 20, "split": "train"}, arms=with_abstention(0.8, 0.8))

    assert decide(trained, "combined", LIMITS).reasons == ["it was measured on a train split"]


def test_eight_documents_are_enough_and_needed_unless_something_else_is_set() -> None:
    same = with_abstention(0.8, 0.8)
    eight = report(dataset={"questions": 40, "documents": 8, "split": "dev"}, arms=same)

    assert GateLimits().min_documents == 8
    for arm in ("combined", "rag"):
        assert decide(eight, arm, LIMITS).passed
        strict = decide(eight, arm, LIMITS.model_copy(update={"min_documents": 9}))
        assert (strict.passed, strict.reasons) == (False, ["questions about 8 documents, at least 9 are needed"])


def test_a_train_split_closes_the_gate_of_the_active_arm_too() -> None:
    trained = report(dataset={"questions": 40, "documents": 20, "split": "train"})

    assert decide(trained, "rag", LIMITS).reasons == ["it was measured on a train split"]
    assert not decide(trained, "rag", LIMITS).passed
