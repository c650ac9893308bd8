"""Evaluations: starting one, and the report of one that is done."""

from __future__ import annotations

from service.access import Access
from service.actions import domains, jobs
from service.jobs.evaluate import EVALUATE
from service.runtime import Runtime
from store.domains import domain_of
from store.errors import ConflictError, NotReadyError
from store.evaluations import Evaluation, evaluation_of_job, get_evaluation, list_evaluations
from store.job_states import FINAL
from store.json_values import JsonObject

Named = tuple[Evaluation, str]  # with the name of its domain


def start(runtime: Runtime, domain: str, params: JsonObject, access: Access) -> Named:
    """Queue an evaluation with the parameters of the job kind `evaluate`."""
    placed = jobs.queue(runtime, EVALUATE.name, domain, params, access)
    return evaluation_of_job(runtime.store, placed.job.id), placed.domain


def get(runtime: Runtime, evaluation_id: str, access: Access) -> Named:
    """Return an evaluation, or raise `NotFoundError`."""
    found = _seen(runtime, evaluation_id, access)
    return found, domain_of(runtime.store, found.domain_id).name


def find(runtime: Runtime, domain: str | None, access: Access) -> list[Named]:
    """Return the evaluations, the oldest first, with no more of their reports than the verdict."""
    found = reversed(list_evaluations(runtime.store, domains.id_of(runtime, domain, access), reports=False))
    names = domains.names(runtime)
    return [(each, names[each.domain_id]) for each in found if each.domain_id in names]


def report(runtime: Runtime, evaluation_id: str, access: Access) -> JsonObject:
    """Return the whole report; `NotReadyError` while it is measured, `ConflictError` if that ended without one."""
    found = _seen(runtime, evaluation_id, access)
    if found.report is None and found.status in FINAL:
        raise ConflictError(f"{evaluation_id} has {found.status}; see the job {found.job_id}.", code="no_report")
    if found.report is None:
        raise NotReadyError(f"{evaluation_id} is {found.status}; see the job {found.job_id}.", code="no_report")
    return found.report


def _seen(runtime: Runtime, evaluation_id: str, access: Access) -> Evaluation:
    found = get_evaluation(runtime.store, evaluation_id)
    access.check(found.domain_id, "evaluation", evaluation_id)
    return found
