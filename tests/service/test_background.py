"""Threads that outlive their failures, processes that give signs of life, and what a dying process says."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from command_line import ROOT
from writing import begin_job

from service.commands.progress import said_of
from service.jobs.endings import ending_of, tail_of
from service.jobs.heart import Heart
from service.jobs.lanes import kinds_of, waits_for
from service.loop import Loop
from service.replies import Ahead, Job
from store.attempts import give_back
from store.domains import Domain
from store.jobs import active_jobs, claim_job, create_job, get_job, request_cancel
from store.progress import Progress
from store.store import Store


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until it holds; fail after 30 seconds."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class OddError(Exception):
    """An exception that no code expects."""


def test_a_loop_outlives_whatever_its_step_raises_and_says_what_it_was(caplog: pytest.LogCaptureFixture) -> None:
    troubles: list[Exception] = [RuntimeError("Error in faiss: 'n == 0'"), OddError()]
    seen: list[str | None] = []
    turns = threading.Semaphore(0)

    def step() -> bool:
        turns.acquire()
        seen.append(loop.failure)
        if troubles:
            raise troubles.pop(0)
        return False

    loop = Loop("test loop", step, every_s=0.0, pause_s=0.0)
    with caplog.at_level(logging.CRITICAL + 1, "tandem"):
        loop.start()
        turns.release(4)
        eventually(lambda: len(seen) == 4)
        assert loop.alive
        turns.release(100)
        loop.stop()

    assert seen[:4] == [None, "RuntimeError: Error in faiss: 'n == 0'", "OddError", None]
    assert not loop.alive


@pytest.fixture
def progress(store: Store, domain: Domain) -> Progress:
    """The connection of a job that runs."""
    lease = begin_job(store, domain.id)
    return Progress(store, get_job(store, lease.job_id), lease)


def beats(store: Store, progress: Progress) -> int:
    return get_job(store, progress.job.id).heartbeat


def test_a_process_that_works_without_a_report_lives_and_one_that_waits_falls_silent(
    store: Store, progress: Progress
) -> None:
    heart = Heart(store, progress, every_s=0.2)
    heart.start()
    deadline = time.monotonic() + 30
    while beats(store, progress) < 3:
        assert time.monotonic() < deadline
        sum(range(20_000))

    before = beats(store, progress)
    threading.Event().wait(3.0)  # fifteen times as long as between two beats
    silent = beats(store, progress) - before
    heart.stop()

    assert silent <= 2  # what was done just before the silence still counts


def test_a_process_that_turns_in_circles_beyond_its_patience_falls_silent(store: Store, progress: Progress) -> None:
    progress.patience_s = 0.0
    heart = Heart(store, progress, every_s=0.02)
    heart.start()
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        sum(range(20_000))
    heart.stop()

    assert beats(store, progress) == 0


def test_the_heart_of_a_job_that_was_given_to_another_stops(store: Store, progress: Progress) -> None:
    give_back(store, progress.lease, "It was given up for dead.", counted=True)
    before = get_job(store, progress.job.id)
    heart = Heart(store, progress, every_s=0.02)
    heart.start()
    until = time.monotonic() + 0.3
    while time.monotonic() < until:
        sum(range(20_000))
    heart.stop()

    assert get_job(store, progress.job.id) == before


def dying(statement: str) -> tuple[int, str]:
    """Return the exit code and the output of a process that does this."""
    script = f"import os, sys; from service.jobs.endings import last_words; sys.excepthook = last_words; {statement}"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, check=False
    )
    return done.returncode, done.stdout.decode()


@pytest.mark.parametrize(
    ("statement", "code", "reason", "suspect"),
    [
        ("raise RuntimeError('no\\nway')", "internal_error", "RuntimeError: no way", True),
        ("raise MemoryError", "internal_error", "failed with MemoryError", True),
        ("raise OSError(28, 'No space left on device')", "internal_error", "No space left on device", False),
        ("os.kill(os.getpid(), 9)", "worker_died", "signal 9", True),
        ("os.kill(os.getpid(), 6)", "worker_died", "SIGABRT", True),
        ("os._exit(3)", "worker_died", "code 3, without a word.", True),
        ("print('no such module', flush=True); os._exit(1)", "worker_died", "it said last: no such module", True),
    ],
)  # fmt: skip
def test_a_process_that_dies_says_why(statement: str, code: str, reason: str, suspect: bool) -> None:
    returned, output = dying(statement)

    ending = ending_of(returned, output)

    assert (ending.code, ending.suspect) == (code, suspect)
    assert reason in ending.reason
    assert "the code 1, without a word" not in ending.reason
    assert ("Traceback" in tail_of(output)) == (code == "internal_error")


def test_lanes_run_beside_each_other_and_a_queued_job_says_what_it_waits_for(store: Store, domain: Domain) -> None:
    first, second, third, upload, other = (
        create_job(store, kind, domain.id, {})
        for kind in ("tune_generator", "evaluate", "tune_generator", "ingest", "ingest")
    )

    def waiting() -> list[str | None]:
        active = active_jobs(store)
        jobs = [get_job(store, job.id) for job in (first, second, third, upload, other)]
        return [ahead.id if (ahead := waits_for(job, active)) else None for job in jobs]

    assert waiting() == [None, first.id, second.id, None, upload.id]
    for lane in ("compute", "ingest"):
        claim_job(store, kinds_of(lane))
    assert waiting() == [None, first.id, first.id, None, upload.id]
    request_cancel(store, second.id)
    assert waiting() == [None, None, first.id, None, upload.id]


def test_the_bar_of_a_job_that_waits_says_for_what() -> None:
    ahead = Ahead("job_vyss06zabc", "tune_generator", 0.341)
    job = Job("job_1", "evaluate", "queued", 0.0, waits_for=ahead)

    assert said_of(job) == "evaluate queued, waits for tune_generator job_vyss06zabc (34 %)"
    assert said_of(replace(job, waits_for=None)) == "evaluate queued"
