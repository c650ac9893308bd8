"""The gate: may a measured arm become the active release? A pure function of the report and the limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eval.settings import GateLimits


@dataclass(frozen=True)
class Decision:
    """Whether the gate opens, and every reason against it."""

    passed: bool
    reasons: list[str]


def decide(report: dict[str, Any], arm: str, limits: GateLimits) -> Decision:
    """Return whether `arm` may replace the active arm of the report."""
    reasons: list[str] = []
    active, metric = report["active_arm"], report["primary_metric"]
    if report["leaks"]:
        reasons.append(f"{len(report['leaks'])} leaks between training and test")
    questions = report["dataset"]["questions"]
    if questions < limits.min_questions:
        reasons.append(f"{questions} questions, at least {limits.min_questions} are needed")
    documents = report["dataset"]["documents"]
    if documents < limits.min_documents:
        reasons.append(f"questions about {documents} documents, at least {limits.min_documents} are needed")
    if report["dataset"]["split"] == "train":
        reasons.append("it was measured on a train split")
    if arm == active or report["leaks"]:  # what was measured with a leak is not shown
        return Decision(not reasons, reasons)
    gain = _gain(report, arm, active)
    if gain is None:
        return Decision(passed=False, reasons=[*reasons, f"it was not compared with the active arm {active}"])
    if gain["low"] <= limits.min_gain:
        reasons.append(
            f"{metric} gains {gain['difference']:+.3f} [{gain['low']:+.3f}, {gain['high']:+.3f}] over {active}; "
            f"the lower end must be above {limits.min_gain:+.3f}"
        )
    loss = _mean(report, active, "abstention") - _mean(report, arm, "abstention")
    if loss > limits.max_abstention_loss:
        reasons.append(f"abstention accuracy falls by {loss:.3f}, allowed is {limits.max_abstention_loss:.3f}")
    return Decision(not reasons, reasons)


def _gain(report: dict[str, Any], arm: str, active: str) -> dict[str, float] | None:
    """Return the difference of `arm` and the active arm; the report compares every two arms in one direction."""
    for compared in report["comparisons"]:
        difference, low, high = compared["difference"], compared["low"], compared["high"]
        if (compared["arm"], compared["against"]) == (arm, active):
            return {"difference": difference, "low": low, "high": high}
        if (compared["arm"], compared["against"]) == (active, arm):
            return {"difference": -difference, "low": -high, "high": -low}
    return None


def _mean(report: dict[str, Any], arm: str, metric: str) -> float:
    return float(report["arms"][arm]["metrics"][metric]["mean"])
