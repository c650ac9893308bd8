"""The gate: may a measured arm become the active release? A pure function of the report, the limits and the looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eval.report.contrasts import adjusted, paired
from eval.settings import EvalSettings, GateLimits
from eval.significance import sign_flip_p

SCHEMA = 2  # of a report: since then its documents are documents, and its records are comparable


@dataclass(frozen=True)
class Decision:
    """Whether the gate opens, and every reason against it."""

    passed: bool
    reasons: list[str]


def decide(report: dict[str, Any], arm: str, settings: EvalSettings, looks: int) -> Decision:
    """Return whether `arm` may replace the active arm of the report, by the limits that hold now.

    `looks` counts how often these questions were measured, this report included.
    """
    limits, active = settings.gate, report["active_arm"]
    if report["schema"] < SCHEMA:
        reason = "it was measured by an earlier version, which counted questions as documents; measure it again"
        return Decision(passed=False, reasons=[reason])
    reasons = [f"{len(report['leaks'])} leaks between training and test"] if report["leaks"] else []
    reasons += too_little(report["dataset"], limits)
    if report["dataset"]["split"] == "train":
        reasons.append("it was measured on a train split")
    if arm == active or report["leaks"]:  # what was measured with a leak is not shown
        return Decision(not reasons, reasons)
    if not any({each["arm"], each["against"]} == {arm, active} for each in report["comparisons"]):
        return Decision(passed=False, reasons=[*reasons, f"it was not compared with the active arm {active}"])
    reasons += _gain(report, arm, active, settings, looks)
    loss = _mean(report, active, "abstention") - _mean(report, arm, "abstention")
    if loss > limits.max_abstention_loss:
        reasons.append(f"abstention accuracy falls by {loss:.3f}, allowed is {limits.max_abstention_loss:.3f}")
    return Decision(not reasons, reasons)


def too_little(dataset: dict[str, Any], limits: GateLimits) -> list[str]:
    """Return why a set of questions cannot show which arm is better, whatever was measured on it."""
    reasons = []
    questions, documents, groups = dataset["questions"], dataset["documents"], dataset["groups"]
    if dataset["answerable"] == 0:
        reasons.append("no question has an answer, so an arm that always abstains is always right")
    if questions < limits.min_questions:
        reasons.append(f"{questions} questions, at least {limits.min_questions} are needed")
    if groups < limits.min_documents:
        together = f" in {groups} groups that share none" if 0 < groups < documents else ""
        needed = f"at least {limits.min_documents} are needed"
        reasons.append(f"too few documents: answerable questions about {documents}{together}, {needed}")
    return reasons


def _gain(report: dict[str, Any], arm: str, active: str, settings: EvalSettings, looks: int) -> list[str]:
    """Return why the gain over the active arm does not suffice; the report compares two arms in one direction."""
    limits, metric = settings.gate, report["primary_metric"]
    mine = next(each for each in report["comparisons"] if {each["arm"], each["against"]} == {arm, active})
    sign = 1 if mine["arm"] == arm else -1
    ends = sorted((sign * mine["low"], sign * mine["high"]))
    difference = sign * mine["difference"]
    shown = f"{metric} gains {difference:+.3f} [{ends[0]:+.3f}, {ends[1]:+.3f}] over {active}"
    if ends[0] <= limits.min_gain:
        return [f"{shown}; the lower end must be above {limits.min_gain:+.3f}"]
    p, contrasts = _p_of_gain(report, arm, active, settings, looks)
    if p <= limits.alpha:
        return []
    often = f" and {looks} measurements on these questions" if looks > 1 else ""
    corrected = f"corrected for {contrasts} contrasts{often}"
    return [f"{shown}, p = {p:.3f} {corrected}; it must be at most {limits.alpha:g}"]


def _p_of_gain(report: dict[str, Any], arm: str, active: str, settings: EvalSettings, looks: int) -> tuple[float, int]:
    """Return the corrected p-value of the gain being the least that is asked for, and the contrasts it pays for."""
    compared = [dict(each) for each in report["comparisons"]]
    place = next(n for n, each in enumerate(compared) if {each["arm"], each["against"]} == {arm, active})
    if settings.gate.min_gain != 0:
        differences, clusters = paired(report["records"], arm, active, report["primary_metric"])
        null = settings.gate.min_gain
        compared[place]["p"] = sign_flip_p(differences, clusters, settings.resamples, settings.seed, null)
    return adjusted(compared, looks)[place]["p_adjusted"], sum(each["kind"] == "named" for each in compared)


def _mean(report: dict[str, Any], arm: str, metric: str) -> float:
    return float(report["arms"][arm]["metrics"][metric]["mean"])
