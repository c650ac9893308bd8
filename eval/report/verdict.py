"""The verdict: which arm a domain should use, or why the questions cannot tell; and what to do next."""

from __future__ import annotations

from eval.arms import ACTIVE
from eval.gate import too_little
from eval.report.model import Questions, Report, Verdict
from eval.settings import GateLimits
from generator.arms import ARM_OF, BY_COST


def why_no_verdict(report: Report, limits: GateLimits) -> list[str]:
    """Return every reason why the report can have no verdict; none if it has one."""
    if report.leaks:
        return [f"training and test data overlap in {len(report.leaks)} places"]
    return too_little(report.dataset, limits)


def verdict_of(report: Report, limits: GateLimits) -> Verdict:
    """Climb from the cheapest arm to the next dearer one that beats it.

    Beating is a whole interval above zero and a corrected p-value of at most `alpha`.
    """
    names = [name for name in BY_COST if name in report.arms]
    others = [name for name in report.arms if name not in BY_COST]
    if any(name.startswith("rel_") for name in others):  # releases are judged against what is served now
        active = report.active_arm
        names = [active, *(name for name in (*names, *others) if name != active)]
    names = names or others
    chosen, because = names[0], ""
    for name in names[1:]:
        pair = next(each for each in report.comparisons if each.is_of(name, chosen))
        gain, p = pair.gain_of(name), pair.p_adjusted
        if gain.low > 0 and p is not None and p <= limits.alpha:
            because = (
                f" It gains {gain.mean:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}] "
                f"in {report.primary_metric} over {chosen}."
            )
            chosen = name
    left = [name for name in names if name != chosen]
    compared = f" Compared with {', '.join(left)}." if left else " Nothing else was measured."
    advice = _advice(chosen)
    return Verdict(arm=chosen, text=advice + because + compared, release=report.arms[chosen].release)


def _advice(chosen: str) -> str:
    if chosen == ACTIVE:
        return "Keep the active release: nothing else is measurably better."
    return ARM_OF[chosen].advice if chosen in ARM_OF else f"Promote {chosen}."


def next_steps(report: Report, limits: GateLimits) -> list[str]:
    """Return what a user can do now, as sentences."""
    if report.leaks:
        advice = "Take these questions out, or split the data set by document and tune again on its train split"
        return [f"{advice}: tandem dataset import does it where no line names a split."]
    steps = []
    groups = report.dataset.groups
    if groups < limits.min_documents:
        steps.append(f"Add questions about {limits.min_documents - groups} more documents, and name these.")
    if report.verdict:
        arm = report.verdict.arm
        if arm == report.active_arm:
            steps.append("What is served now stays as it is.")
        elif report.gate[arm].passed:
            steps.append(f"tandem release promote {report.verdict.release}")
    return steps


def warnings_of(dataset: Questions, looks: int) -> list[str]:
    """Return what a reader of the numbers must know beside them."""
    found = []
    if dataset.unanchored:
        found.append(
            f"{dataset.unanchored} of {dataset.answerable} answerable questions name no document; "
            f"they count for none, and may hang together without a sign of it."
        )
    if dataset.answerable == dataset.questions:
        found.append("Every question has an answer: whether an arm abstains when it should was not measured.")
    if looks > 1:
        found.append(
            f"These questions were measured {looks} times, so every p-value is multiplied by {looks}; "
            f"fresh questions begin anew."
        )
    return found
