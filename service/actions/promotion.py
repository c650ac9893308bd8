"""Promotion through the gate: a release becomes active if an evaluation showed that it is better, or by force."""

from __future__ import annotations

from eval.gate import decide
from eval.report.model import read_report
from eval.settings import EvalSettings
from store.domains import domain_of
from store.errors import ConflictError, InvalidInputError
from store.evaluations import list_evaluations, looks_at
from store.json_values import JsonObject
from store.releases import Release, active_release, get_release, promote
from store.store import Store


def promote_through_gate(
    store: Store, release_id: str, settings: EvalSettings, *, force: bool, reason: str
) -> Release[JsonObject]:
    """Promote the release. Raises `ConflictError` if the gate is closed and `force` is false.

    The gate is judged now, by the limits that hold now, from the newest evaluation that measured this release against
    the one that is active. Every evaluation of the same questions counts against it, so measuring until it opens does
    not help. Force needs a reason, which is kept.
    """
    release = get_release(store, release_id)
    if force and not reason.strip():
        raise InvalidInputError("A forced promotion needs a reason.", param="reason")
    active = active_release(store, release.domain_id)
    if not force and not release.active:
        objection = _objection(store, release, active, settings)
        if objection:
            raise ConflictError(f"{objection} Or promote it with force and a reason.", code="gate_closed")
    return promote(store, release_id, forced=force, reason=reason, instead_of=None if force else active.id)


def _objection(store: Store, release: Release[JsonObject], active: Release[JsonObject], settings: EvalSettings) -> str:
    for evaluation in list_evaluations(store, release.domain_id):
        report = None if evaluation.report is None else read_report(evaluation.report)
        if report is None or report.arms[report.active_arm].release != active.id:
            continue
        for name, arm in report.arms.items():
            if arm.release == release.id:
                looks = looks_at(store, release.domain_id, evaluation.questions) if evaluation.questions else 1
                decision = decide(report, name, settings, looks)
                return "" if decision.passed else f"{evaluation.id} closes the gate: {'; '.join(decision.reasons)}."
    domain = domain_of(store, release.domain_id).name
    return (
        f"No evaluation measured {release.id} against the active release {active.id} of {domain}; "
        f"tandem eval run --dataset NAME --release {release.id} -d {domain} does."
    )
