"""The gate: may a measured arm become the active release? A pure function of the report, the limits and the looks."""

from __future__ import annotations

from eval.metrics.table import sign_of
from eval.report.contrasts import adjusted, paired
from eval.report.model import SCHEMA, Decision, Questions, Report
from eval.settings import EvalSettings, GateLimits
from eval.significance import sign_flip_p


def decide(report: Report, arm: str, settings: EvalSettings, looks: int) -> Decision:
    """Return whether `arm` may replace the active arm of the report, by the limits that hold now.

    `looks` counts how often these questions were measured, this report included.
    """
    limits, active = settings.gate, report.active_arm
    if report.schema_ < SCHEMA:
        reason = "it was measured by an earlier version, which counted questions as documents; measure it again"
        return Decision(passed=False, reasons=[reason])
    reasons = [f"{len(report.leaks)} leaks between training and test"] if report.leaks else []
    reasons += too_little(report.dataset, limits)
    if report.dataset.split == "train":
        reasons.append("it was measured on a train split")
    if arm == active or report.leaks:  # what was measured with a leak is not shown
        return Decision(passed=not reasons, reasons=reasons)
    if not any(each.is_of(arm, active) for each in report.comparisons):
        return Decision(passed=False, reasons=[*reasons, f"it was not compared with the active arm {active}"])
    reasons += _gain(report, arm, active, settings, looks)
    loss = _mean(report, active, "abstention") - _mean(report, arm, "abstention")
    if loss > limits.max_abstention_loss:
        reasons.append(f"abstention accuracy falls by {loss:.3f}, allowed is {limits.max_abstention_loss:.3f}")
    return Decision(passed=not reasons, reasons=reasons)


def too_little(dataset: Questions, limits: GateLimits) -> list[str]:
    """Return why a set of questions cannot show which arm is better, whatever was measured on it."""
    reasons = []
    questions, documents, groups = dataset.questions, dataset.documents, dataset.groups
    if dataset.answerable == 0:
        reasons.append("no question has an answer, so an arm that always abstains is always right")
    if questions < limits.min_questions:
        reasons.append(f"{questions} questions, at least {limits.min_questions} are needed")
    if groups < limits.min_documents:
        together = f" in {groups} groups that share none" if 0 < groups < documents else ""
        needed = f"at least {limits.min_documents} are needed"
        reasons.append(f"too few documents: answerable questions about {documents}{together}, {needed}")
    return reasons


def _gain(report: Report, arm: str, active: str, settings: EvalSettings, looks: int) -> list[str]:
    """Return why the gain over the active arm does not suffice; the report compares two arms in one direction."""
    limits, metric = settings.gate, report.primary_metric
    gain = next(each for each in report.comparisons if each.is_of(arm, active)).gain_of(arm)
    shown = f"{metric} gains {gain.mean:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}] over {active}"
    if gain.low <= limits.min_gain:
        return [f"{shown}; the lower end must be above {limits.min_gain:+.3f}"]
    p, contrasts = _p_of_gain(report, arm, active, settings, looks)
    if p <= limits.alpha:
        return []
    often = f" and {looks} measurements on these questions" if looks > 1 else ""
    corrected = f"corrected for {contrasts} contrasts{often}"
    return [f"{shown}, p = {p:.3f} {corrected}; it must be at most {limits.alpha:g}"]


def _p_of_gain(report: Report, arm: str, active: str, settings: EvalSettings, looks: int) -> tuple[float, int]:
    """Return the corrected p-value of the gain being the least that is asked for, and the contrasts it pays for."""
    compared = list(report.comparisons)
    place = next(n for n, each in enumerate(compared) if each.is_of(arm, active))
    if settings.gate.min_gain != 0:
        differences, clusters = paired(report.records, arm, active, report.primary_metric)
        null = settings.gate.min_gain * sign_of(report.primary_metric)
        p = sign_flip_p(differences, clusters, settings.resamples, settings.seed, null)
        compared[place] = compared[place].model_copy(update={"p": p})
    corrected = adjusted(compared, looks)[place].p_adjusted
    return 1.0 if corrected is None else corrected, sum(each.kind == "named" for each in compared)


def _mean(report: Report, arm: str, metric: str) -> float:
    return report.arms[arm].metrics[metric].mean
