"""The worker: runs queued jobs, in each lane one at a time, each in a child process.

A child that dies takes nothing with it: `store.attempts` says what becomes of its job. A child ends with its parent, is
ended when it gives no sign of life for a lease, and when it does not stop after a cancellation.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import IO

from service.jobs.endings import Ending, ending_of, tail_of, without_place
from service.jobs.kinds import KINDS
from service.jobs.lanes import LANES, kinds_of
from service.jobs.task import Task
from service.loop import Loop
from service.settings import Settings
from store.attempts import give_back
from store.errors import ConflictError, NotFoundError
from store.job_states import FINAL
from store.jobs import Job, Lease, claim_job, get_job
from store.store import Store

_POLL_S = 0.1
_BEAT_S = 15.0
_GRACE_S = 10.0
_NOTICE_S = 2.0  # a server that is stopped knows it by then
_STOPPED = "The server stopped; the job goes on when it is back."


@dataclass
class _Child:
    """A running child and what its supervisor saw of it last; times are monotonic seconds."""

    process: subprocess.Popen[bytes]
    output: IO[bytes]
    heartbeat: int
    seen_at: float
    cancelled_at: float | None = None


class Worker:
    """Threads that claim jobs, one for each lane, and supervise their processes.

    With `only_asked` it runs only jobs that were named by `ask`: a command that serves a folder for a moment does not
    begin what others left there. Once the server is `draining` it takes none.
    """

    def __init__(
        self, store: Store, settings: Settings, draining: threading.Event, *, only_asked: bool = False
    ) -> None:
        self._store = store
        self._settings = settings
        self._asked: set[str] | None = set() if only_asked else None
        self._draining = draining
        self._stopping = threading.Event()
        self._taken: dict[str, Lease] = {}  # by lane; between two turns: a job that nobody runs, though its row says so
        self._loops = [Loop(f"worker of {lane}", partial(self._turn, lane), _POLL_S) for lane in LANES]

    def start(self) -> None:
        """Begin to take jobs."""
        for loop in self._loops:
            loop.start()

    def ask(self, job_id: str) -> None:
        """Take this job, too."""
        if self._asked is not None:
            self._asked.add(job_id)

    def failures(self) -> list[str]:
        """Return why jobs cannot be run now, a sentence for each lane that stands."""
        return [f"The {loop.name} failed ({loop.failure}) and tries again." for loop in self._loops if loop.failure]

    def stop(self) -> None:
        """End the running children, give their jobs back without counting the attempt, and stop."""
        self._stopping.set()
        for loop in self._loops:
            loop.stop()

    def _turn(self, lane: str) -> bool:
        """Run the next job of the lane, if there is one; False if there is none."""
        if lane in self._taken:
            self._give_back(self._taken[lane], "It could not be run now; it waits again.", counted=False)
            del self._taken[lane]
        if self._draining.is_set():
            return False
        claimed = claim_job(self._store, kinds_of(lane), None if self._asked is None else set(self._asked))
        if claimed is None:
            return False
        self._taken[lane] = claimed[1]
        with suppress(NotFoundError):  # the domain, and the job with it, was deleted while the job ran
            self._work(*claimed)
        del self._taken[lane]
        return True

    def _work(self, job: Job, lease: Lease) -> None:
        """Run the job in a child, and settle what becomes of it."""
        section = KINDS[job.kind].section(self._settings).model_dump(mode="json")
        task = Task(lease=lease, section=section, beat_s=min(self._settings.service.lease_s / 5, _BEAT_S))
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "service.jobs.child", str(self._settings.home), str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                assert process.stdin is not None  # noqa: S101  (asked for above)
                with suppress(BrokenPipeError):  # it died at once: `_supervise` says how
                    process.stdin.write(task.model_dump_json().encode())
                    process.stdin.close()
                self._supervise(job, lease, _Child(process, output, job.heartbeat, time.monotonic()))
            finally:
                _end(process)

    def _supervise(self, job: Job, lease: Lease, child: _Child) -> None:
        reason = ""
        while child.process.poll() is None and not reason:
            if self._stopping.wait(_POLL_S):
                _end(child.process)
                self._give_back(lease, _STOPPED, counted=False)
                return
            reason = self._overdue(job.id, child)
        _end(child.process)
        if get_job(self._store, job.id).status in FINAL:
            return
        if child.process.returncode == -signal.SIGTERM and self._draining.wait(_NOTICE_S):
            self._give_back(lease, _STOPPED, counted=False)  # who stopped the server has stopped the child as well
            return
        child.output.seek(0)
        output, home = child.output.read().decode(errors="replace"), self._settings.home
        ending = Ending("worker_died", reason) if reason else ending_of(child.process.returncode, output)
        said, seen = without_place(ending.reason, home), without_place(tail_of(output), home)
        self._give_back(lease, said, counted=True, ending=ending, output=seen)

    def _overdue(self, job_id: str, child: _Child) -> str:
        """Return why the child must be ended, or an empty string."""
        job, clock = get_job(self._store, job_id), time.monotonic()
        if job.heartbeat != child.heartbeat:
            child.heartbeat, child.seen_at = job.heartbeat, clock
        if job.cancel_requested and child.cancelled_at is None:
            child.cancelled_at = clock
        if child.cancelled_at is not None and clock - child.cancelled_at > _GRACE_S:
            return "It did not stop after the cancellation and was ended."
        lease_s = self._settings.service.lease_s
        if clock - child.seen_at > lease_s:
            return f"It gave no sign of life for {lease_s:.0f} s (service.lease_s) and was ended."
        return ""

    def _give_back(
        self, lease: Lease, reason: str, *, counted: bool, ending: Ending | None = None, output: str = ""
    ) -> None:
        code, suspect = (ending.code, ending.suspect) if ending else ("worker_died", False)
        with suppress(ConflictError):  # the domain was deleted with the job, or the child finished it a moment ago
            give_back(self._store, lease, reason, counted=counted, code=code, output=output, suspect=suspect)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the child with all its own children and wait for it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
