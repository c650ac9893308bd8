"""Evaluations: a row at once, a report under the job's lease."""

from __future__ import annotations

import pytest
from writing import begin_evaluation

from store.attempts import recover_jobs
from store.domains import Domain, create_domain
from store.errors import ConflictError, NotFoundError
from store.evaluations import create_evaluation, evaluation_of_job, get_evaluation, list_evaluations, save_report
from store.jobs import finish_job, get_job, list_jobs
from store.store import Store


def test_an_evaluation_has_the_status_of_its_job_and_then_a_report(store: Store, domain: Domain) -> None:
    evaluation, lease = begin_evaluation(store, domain.id)
    assert (evaluation.status, evaluation.report) == ("running", None)

    save_report(store, lease, {"accuracy": 0.75})
    finish_job(store, lease, "succeeded")

    found = get_evaluation(store, evaluation.id)
    assert (found.status, found.report, found.dataset_id) == ("succeeded", {"accuracy": 0.75}, "ds_1")


def test_an_evaluation_is_queued_with_its_job_or_not_at_all(store: Store, domain: Domain) -> None:
    evaluation = create_evaluation(store, domain.id, {"dataset": "ds_1", "arms": ["rag"]})

    job = get_job(store, evaluation.job_id)
    assert (evaluation.status, evaluation.dataset_id, evaluation.report) == ("queued", "ds_1", None)
    assert (job.kind, job.domain_id, job.params) == ("evaluate", domain.id, {"dataset": "ds_1", "arms": ["rag"]})

    with pytest.raises(NotFoundError):
        create_evaluation(store, "dom_gone", {"dataset": "ds_1"})
    with pytest.raises(KeyError):
        create_evaluation(store, domain.id, {})  # fails after the job was inserted
    assert [each.id for each in list_jobs(store)] == [job.id]
    assert [each.id for each in list_evaluations(store)] == [evaluation.id]


def test_a_worker_that_lost_its_lease_writes_no_report(store: Store, domain: Domain) -> None:
    evaluation, lease = begin_evaluation(store, domain.id)
    recover_jobs(store)

    with pytest.raises(ConflictError):
        save_report(store, lease, {"accuracy": 1.0})

    assert get_evaluation(store, evaluation.id).report is None


def test_evaluations_are_listed_newest_first_and_by_domain(store: Store, domain: Domain) -> None:
    other = create_domain(store, "other", {})
    mine = [create_evaluation(store, domain.id, {"dataset": "ds_1"}).id for _ in range(2)]
    theirs = create_evaluation(store, other.id, {"dataset": "ds_2"}).id

    assert [evaluation.id for evaluation in list_evaluations(store)] == [theirs, *reversed(mine)]
    assert [evaluation.id for evaluation in list_evaluations(store, other.id)] == [theirs]
    with pytest.raises(NotFoundError):
        get_evaluation(store, "evl_none")


def test_a_list_without_reports_reads_of_each_its_verdict_only(store: Store, domain: Domain) -> None:
    expected: dict[str, dict[str, object] | None] = {}
    for verdict in ({"arm": "rag", "why": "it gains"}, None):
        evaluation, lease = begin_evaluation(store, domain.id)
        save_report(store, lease, {"verdict": verdict, "records": []})
        finish_job(store, lease, "succeeded")
        expected[evaluation.id] = {"verdict": verdict}
    queued = create_evaluation(store, domain.id, {"dataset": "ds_1"})
    expected[queued.id] = None

    listed = list_evaluations(store, domain.id, reports=False)

    assert {each.id: each.report for each in listed} == expected
    assert [each.id for each in listed] == list(reversed(expected))
    assert [each.status for each in listed] == ["queued", "succeeded", "succeeded"]
    assert evaluation_of_job(store, queued.job_id).id == queued.id
    with pytest.raises(NotFoundError):
        evaluation_of_job(store, "job_none")
