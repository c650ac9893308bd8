"""Progress: what is written when, what is never lost, and how long the rest takes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from writing import begin_job

from store.domains import Domain
from store.errors import ConflictError
from store.jobs import finish_job, get_job, list_events, request_cancel
from store.progress import CancelledError, Progress
from store.store import Store


@pytest.fixture
def clock() -> list[float]:
    """The time, which tests move."""
    return [1000.0]


@pytest.fixture
def begin(store: Store, domain: Domain, clock: list[float]) -> Callable[[float], Progress]:
    """Begin a job that reports at intervals of so many seconds."""

    def begin_one(interval_s: float) -> Progress:
        lease = begin_job(store, domain.id)
        return Progress(store, get_job(store, lease.job_id), lease, interval_s, clock=lambda: clock[0])

    return begin_one


def test_numbers_are_written_at_intervals_and_at_the_end(
    store: Store, begin: Callable[[float], Progress], clock: list[float]
) -> None:
    progress = begin(1.0)
    seen = []
    for step in range(1, 11):
        clock[0] += 0.25
        progress(step / 10)
        seen.append(get_job(store, progress.job.id).progress)

    assert seen == [0.1, 0.1, 0.1, 0.1, 0.5, 0.5, 0.5, 0.5, 0.9, 1.0]


def test_no_message_is_lost_between_two_reports(store: Store, begin: Callable[[float], Progress]) -> None:
    progress = begin(60.0)
    for step in range(1, 101):
        progress(step / 101, f"step {step}")
    progress.flush()

    job = get_job(store, progress.job.id)
    assert [event.message for event in list_events(store, job.id)] == [f"step {step}" for step in range(1, 101)]
    assert job.heartbeat == 2


def test_a_warning_is_told_at_once_with_all_that_was_said_before(
    store: Store, begin: Callable[[float], Progress]
) -> None:
    progress = begin(60.0)
    progress(0.1, "one")
    progress(0.2, "two")
    assert [event.message for event in list_events(store, progress.job.id)] == ["one"]

    progress(0.3, "a document failed", "warning", {"document": "a.md"})

    events = list_events(store, progress.job.id)
    assert [event.message for event in events] == ["one", "two", "a document failed"]
    assert (events[-1].level, events[-1].data) == ("warning", {"progress": 0.3, "document": "a.md"})


def test_what_was_said_is_kept_when_the_job_is_cancelled(store: Store, begin: Callable[[float], Progress]) -> None:
    progress = begin(60.0)
    progress(0.1)
    progress(0.2, "half of it is done")
    request_cancel(store, progress.job.id)

    with pytest.raises(CancelledError):
        progress.flush()

    assert "half of it is done" in [event.message for event in list_events(store, progress.job.id)]


def test_what_is_said_without_a_lease_is_told_to_nobody(store: Store, begin: Callable[[float], Progress]) -> None:
    progress = begin(0.0)
    finish_job(store, progress.lease, "succeeded")

    with pytest.raises(ConflictError):
        progress(0.5, "from the grave", "warning")

    assert list_events(store, progress.job.id) == []


def test_the_remaining_time_follows_the_recent_rate_and_is_none_until_that_is_known(
    store: Store, begin: Callable[[float], Progress], clock: list[float]
) -> None:
    progress = begin(0.5)

    def eta(seconds: float, fraction: float) -> float | None:
        clock[0] += seconds
        progress(fraction)
        return get_job(store, progress.job.id).eta_s

    assert [eta(120.0, 0.01), eta(100.0, 0.02)] == [None, None]  # models load: that says nothing
    progress.restart()
    assert [eta(1.0, 0.1), eta(1.0, 0.11)] == [None, None]
    assert eta(1.0, 0.12) == pytest.approx(88.0)  # a hundredth a second
    for _ in range(200):  # then it goes five times as slow
        late = eta(1.0, get_job(store, progress.job.id).progress + 0.002)
    assert late == pytest.approx((1 - 0.52) / 0.002, rel=0.01)


def test_the_remaining_time_of_slow_steps_and_of_very_many_is_right(
    store: Store, begin: Callable[[float], Progress], clock: list[float]
) -> None:
    progress = begin(0.5)
    for step in range(5):
        clock[0] += 300.0
        progress(0.1 + step / 1000)
    assert get_job(store, progress.job.id).eta_s == pytest.approx(300.0 * (900 - 4))

    progress.restart()
    for step in range(5):
        clock[0] += 1.0
        progress(0.2 + step * 1e-9)
    assert get_job(store, progress.job.id).eta_s == pytest.approx(0.8e9, rel=0.01)


def test_silence_is_counted_from_the_last_report(begin: Callable[[float], Progress], clock: list[float]) -> None:
    progress = begin(60.0)
    clock[0] += 7.0
    assert progress.silent_s() == 7.0

    progress(0.1)
    progress(0.2)
    clock[0] += 2.0

    assert progress.silent_s() == 2.0
