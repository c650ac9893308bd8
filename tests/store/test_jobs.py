"""Jobs: the order of claims, fencing, giving back, cancelling, recovering."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from writing import begin_job

from store.attempts import MAX_SERVER_DEATHS, give_back, recover_jobs, take_in_hand
from store.domains import Domain, create_domain
from store.errors import ConflictError, NotFoundError
from store.jobs import (
    Lease,
    NewEvent,
    active_jobs,
    beat,
    claim_job,
    create_job,
    finish_job,
    get_job,
    insert_events,
    list_events,
    list_jobs,
    request_cancel,
    reuse_job,
)
from store.progress import CancelledError, Progress
from store.store import Store


def test_a_new_job_waits(store: Store, domain: Domain) -> None:
    job = create_job(store, "tune", domain.id, {"seed": 1})

    assert (job.kind, job.domain_id, job.status, job.params) == ("tune", domain.id, "queued", {"seed": 1})
    assert (job.progress, job.attempts, job.result, job.error, job.started_at) == (0.0, 0, None, None, None)
    assert get_job(store, job.id) == job


def test_jobs_are_claimed_in_the_order_they_were_queued(store: Store, domain: Domain) -> None:
    queued = [create_job(store, kind, domain.id, {}).id for kind in ("tune", "ingest", "tune")]

    claimed = [claim_job(store) for _ in range(4)]

    assert [each and each[0].id for each in claimed] == [*queued, None]
    assert all(each[0].status == "running" and each[0].attempts == 1 for each in claimed if each)


def test_a_job_that_was_given_back_is_claimed_before_younger_ones(store: Store, domain: Domain) -> None:
    lease = begin_job(store, domain.id)
    create_job(store, "tune", domain.id, {})

    assert give_back(store, lease, "The worker died.", counted=True) == "queued"

    again = claim_job(store)
    assert again is not None
    assert (again[0].id, again[0].attempts, again[1].token) == (lease.job_id, 2, lease.token + 1)


def test_only_jobs_of_the_kinds_and_among_the_ids_that_are_wanted_are_claimed(store: Store, domain: Domain) -> None:
    tuning, ingest, other = (create_job(store, kind, domain.id, {}).id for kind in ("tune", "ingest", "ingest"))

    claimed = [
        claim_job(store, kinds=[]),
        claim_job(store, kinds=["ingest"], ids=[tuning]),
        claim_job(store, kinds=["ingest"], ids=[other]),
        claim_job(store, kinds=["ingest"]),
        claim_job(store, kinds=["ingest"]),
        claim_job(store),
    ]

    assert [each and each[0].id for each in claimed] == [None, None, other, ingest, None, tuning]


def test_a_job_that_waits_is_reused_and_one_that_runs_is_not(store: Store, domain: Domain) -> None:
    with ThreadPoolExecutor(8) as pool:
        first = {job.id for job in pool.map(lambda _: reuse_job(store, "ingest", domain.id, {}), range(20))}
    elsewhere = reuse_job(store, "ingest", create_domain(store, "other", {}).id, {}).id
    otherwise = reuse_job(store, "ingest", domain.id, {"deep": True}).id

    claimed = claim_job(store, ids=first)
    assert claimed is not None
    second = {reuse_job(store, "ingest", domain.id, {}).id for _ in range(3)}

    assert [len(first), len(second)] == [1, 1]
    assert len(first | second | {elsewhere, otherwise}) == 4
    assert [job.id for job in active_jobs(store)] == [claimed[0].id, elsewhere, otherwise, *second]


def test_threads_that_claim_at_once_get_different_jobs(store: Store, domain: Domain) -> None:
    queued = {create_job(store, "tune", domain.id, {}).id for _ in range(8)}

    with ThreadPoolExecutor(8) as pool:
        claimed = list(pool.map(lambda _: claim_job(store), range(12)))

    assert {each[0].id for each in claimed if each} == queued
    assert claimed.count(None) == 4


@pytest.mark.parametrize(
    "write",
    [
        lambda store, lease: beat(store, lease, 0.5),
        lambda store, lease: beat(store, lease, events=[NewEvent("It goes well.")]),
        lambda store, lease: take_in_hand(store, lease, {"doc_1": 1}, finished=True),
        lambda store, lease: finish_job(store, lease, "succeeded", result={"by": "the old worker"}),
        lambda store, lease: give_back(store, lease, "The old worker stops.", counted=True),
    ],
    ids=["beat", "tell", "take in hand", "finish", "give back"],
)
def test_a_worker_that_was_given_up_for_dead_changes_nothing(
    store: Store, domain: Domain, write: Callable[[Store, Lease], object]
) -> None:
    lost = begin_job(store, domain.id)
    give_back(store, lost, "The worker was silent.", counted=True)
    for _ in range(2):  # while the job waits, and while another works on it
        before = get_job(store, lost.job_id)
        told = list_events(store, lost.job_id)
        with pytest.raises(ConflictError) as caught:
            write(store, lost)
        assert caught.value.code == "lease_lost"
        assert get_job(store, lost.job_id) == before
        assert list_events(store, lost.job_id) == told
        claim_job(store)


def test_a_job_is_finished_once(store: Store, domain: Domain) -> None:
    lease = begin_job(store, domain.id)
    finish_job(store, lease, "succeeded", result={"model": "mdl_1"})

    with pytest.raises(ConflictError):
        finish_job(store, lease, "failed", error={"code": "x", "message": "y"})

    job = get_job(store, lease.job_id)
    assert (job.status, job.progress, job.result, job.error) == ("succeeded", 1.0, {"model": "mdl_1"}, None)
    assert job.finished_at is not None


def test_a_failed_job_keeps_its_progress_and_says_why(store: Store, domain: Domain) -> None:
    lease = begin_job(store, domain.id)
    beat(store, lease, 0.25, eta_s=9.0)
    finish_job(store, lease, "failed", error={"code": "out_of_memory", "message": "It did not fit."})

    job = get_job(store, lease.job_id)
    assert (job.status, job.progress, job.eta_s) == ("failed", 0.25, None)
    assert job.error == {"code": "out_of_memory", "message": "It did not fit."}


def test_a_job_whose_worker_dies_twice_has_failed(store: Store, domain: Domain) -> None:
    lease = begin_job(store, domain.id)
    assert give_back(store, lease, "The worker died.", counted=True) == "queued"
    again = claim_job(store)
    assert again is not None

    assert give_back(store, again[1], "The worker died.", counted=True) == "failed"

    job = get_job(store, lease.job_id)
    assert job.error is not None
    assert job.error["code"] == "worker_died"
    assert "2 times" in job.error["message"]
    assert claim_job(store) is None


def test_an_orderly_stop_does_not_count_as_an_attempt(store: Store, domain: Domain) -> None:
    begin_job(store, domain.id)
    for _ in range(5):
        job = list_jobs(store)[0]
        assert (job.status, job.attempts) == ("running", 1)
        assert give_back(store, Lease(job.id, job.token), "The server stopped.", counted=False) == "queued"
        claim_job(store)


def test_a_beat_reports_progress_and_moves_the_counter(store: Store, domain: Domain) -> None:
    lease = begin_job(store, domain.id)

    assert [beat(store, lease, fraction, 10.0) for fraction in (0.1, 0.2)] == [False, False]

    job = get_job(store, lease.job_id)
    assert (job.progress, job.eta_s, job.heartbeat) == (0.2, 10.0, 2)


def test_a_queued_job_is_cancelled_at_once(store: Store, domain: Domain) -> None:
    job = create_job(store, "tune", domain.id, {})

    cancelled = request_cancel(store, job.id)

    assert (cancelled.status, cancelled.cancel_requested) == ("cancelled", True)
    assert claim_job(store) is None


def test_a_running_job_learns_of_its_cancellation_at_its_next_report(store: Store, domain: Domain) -> None:
    lease = begin_job(store, domain.id)
    progress = Progress(store, get_job(store, lease.job_id), lease, interval_s=0.0)
    progress(0.1)

    asked = [request_cancel(store, lease.job_id) for _ in range(2)]

    assert {(job.status, job.cancel_requested) for job in asked} == {("running", True)}
    assert [event.message for event in list_events(store, lease.job_id)] == ["A cancellation was asked for."]
    with pytest.raises(CancelledError):
        progress(0.2)
    finish_job(store, lease, "cancelled")
    assert get_job(store, lease.job_id).status == "cancelled"


def test_a_cancelled_job_whose_worker_dies_is_not_tried_again(store: Store, domain: Domain) -> None:
    lease = begin_job(store, domain.id)
    request_cancel(store, lease.job_id)

    assert give_back(store, lease, "The worker died.", counted=True) == "cancelled"


@pytest.mark.parametrize("status", ["succeeded", "failed", "cancelled"])
def test_a_finished_job_is_not_cancelled(store: Store, domain: Domain, status: str) -> None:
    lease = begin_job(store, domain.id)
    finish_job(store, lease, status)

    with pytest.raises(ConflictError) as caught:
        request_cancel(store, lease.job_id)

    assert caught.value.code == "job_finished"
    assert get_job(store, lease.job_id).status == status


def test_recovery_fences_and_queues_what_ran_and_leaves_the_rest(store: Store, domain: Domain) -> None:
    done = begin_job(store, domain.id)
    finish_job(store, done, "succeeded")
    ran = begin_job(store, domain.id)
    cancelled = begin_job(store, domain.id)
    request_cancel(store, cancelled.job_id)
    waiting = create_job(store, "tune", domain.id, {})

    recover_jobs(store)

    statuses = [get_job(store, job).status for job in (done.job_id, ran.job_id, cancelled.job_id, waiting.id)]
    assert statuses == ["succeeded", "queued", "cancelled", "queued"]
    assert get_job(store, ran.job_id).token == ran.token + 1
    with pytest.raises(ConflictError):
        beat(store, ran, 0.5)
    before = list_jobs(store)
    recover_jobs(store)
    assert list_jobs(store) == before


def test_the_ends_of_the_server_are_no_attempts_but_are_not_endured_for_ever(store: Store, domain: Domain) -> None:
    lease = begin_job(store, domain.id)
    for deaths in range(1, MAX_SERVER_DEATHS + 1):
        job = get_job(store, lease.job_id)
        assert (job.status, job.attempts) == ("running", 1), deaths
        recover_jobs(store)
        claim_job(store)

    job = get_job(store, lease.job_id)
    assert (job.status, job.error and job.error["code"]) == ("failed", "server_died")
    assert str(MAX_SERVER_DEATHS) in (job.error or {})["message"]


def test_events_are_read_in_order_from_where_the_reader_was(store: Store, domain: Domain) -> None:
    first, second = (create_job(store, "tune", domain.id, {}).id for _ in range(2))
    for number in range(3):
        with store.database.write() as connection:
            insert_events(connection, first, [NewEvent(f"event {number}", "warning", {"n": number})])
            insert_events(connection, second, [NewEvent("elsewhere")])
    events = list_events(store, first)

    assert [(event.message, event.level, event.data) for event in events] == [
        (f"event {number}", "warning", {"n": number}) for number in range(3)
    ]
    assert list_events(store, first, after=events[0].seq) == events[1:]
    assert list_events(store, first, after=events[-1].seq) == []


def test_jobs_are_listed_newest_first_and_by_what_is_asked(store: Store, domain: Domain) -> None:
    other = create_domain(store, "other", {})
    tuning = begin_job(store, domain.id).job_id
    ingest = create_job(store, "ingest", domain.id, {}).id
    elsewhere = create_job(store, "tune", other.id, {}).id

    assert [job.id for job in list_jobs(store)] == [elsewhere, ingest, tuning]
    assert [job.id for job in list_jobs(store, kind="tune", domain_id=domain.id)] == [tuning]
    assert [job.id for job in list_jobs(store, status="queued")] == [elsewhere, ingest]


def test_a_job_that_does_not_exist_is_not_found_and_has_no_lease(store: Store) -> None:
    with pytest.raises(NotFoundError):
        get_job(store, "job_none")
    with pytest.raises(NotFoundError):
        request_cancel(store, "job_none")
    with pytest.raises(ConflictError):
        beat(store, Lease("job_none", 0), 0.5)
