"""The worker: runs queued jobs, one at a time, each in a child process.

A child that dies takes nothing with it: its job is queued again, or fails with a reason after the second death. A child
ends with its parent, is ended when it reports nothing for a lease, and when it does not stop after a cancellation.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from eval.settings import EvaluateSection
from service.settings import Settings
from store.errors import ConflictError, NotFoundError
from store.jobs import FINAL, Job, Lease, add_event, claim_job, get_job, give_back
from store.store import Store
from tuner.settings import TuneSection

_LOG = logging.getLogger("tandem")
_POLL_S = 0.1
_PAUSE_S = 5.0
_GRACE_S = 10.0
_TAIL = 2000  # characters of the child's output kept with a failed job


def section_of(kind: str, settings: Settings) -> BaseModel:
    """Return the resolved settings that a job of this kind gets."""
    if kind == "ingest":
        return settings.retriever
    if kind == "tune_generator":
        return TuneSection(tuner=settings.tuner, generator=settings.generator, retriever=settings.retriever)
    return EvaluateSection(eval=settings.eval, generator=settings.generator, retriever=settings.retriever)


@dataclass
class _Child:
    """A running child and what its supervisor saw of it last; times are monotonic seconds."""

    process: subprocess.Popen[bytes]
    output: IO[bytes]
    heartbeat: int
    seen_at: float
    cancelled_at: float | None = None


class Worker:
    """A thread that claims jobs and supervises their processes."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)

    def start(self) -> None:
        """Begin to take jobs."""
        self._thread.start()

    def stop(self) -> None:
        """End the running child, give its job back without counting the attempt, and stop."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                claimed = claim_job(self._store)
                if claimed is not None:
                    self._work(*claimed)
                    continue
            except NotFoundError:  # the domain, and the job with it, was deleted while the job ran
                continue
            except (OSError, SQLAlchemyError):  # a full disk, no memory for a process: jobs wait, the thread lives
                _LOG.exception("a job could not be run now")
                self._stopping.wait(_PAUSE_S)
            self._stopping.wait(_POLL_S)

    def _work(self, job: Job, lease: Lease) -> None:
        task = {"lease": lease.__dict__, "section": section_of(job.kind, self._settings).model_dump(mode="json")}
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "service.child", str(self._settings.home)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                assert process.stdin is not None  # noqa: S101  (asked for above)
                with suppress(BrokenPipeError):  # it died at once: `_supervise` says how
                    process.stdin.write(json.dumps(task).encode())
                    process.stdin.close()
                self._supervise(job, lease, _Child(process, output, job.heartbeat, time.monotonic()))
            finally:
                _end(process)

    def _supervise(self, job: Job, lease: Lease, child: _Child) -> None:
        reason = ""
        while child.process.poll() is None and not reason:
            if self._stopping.wait(_POLL_S):
                _end(child.process)
                self._give_back(lease, "The server stopped.", counted=False)
                return
            reason = self._overdue(job.id, child)
        _end(child.process)
        if get_job(self._store, job.id).status in FINAL:
            return
        reason = reason or _death(child.process.returncode)
        child.output.seek(0)
        tail = child.output.read().decode(errors="replace")[-_TAIL:]
        add_event(self._store, job.id, reason, "error", {"output": tail})
        self._give_back(lease, reason, counted=True)

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
        return f"It reported nothing for {lease_s:.0f} s and was ended." if clock - child.seen_at > lease_s else ""

    def _give_back(self, lease: Lease, reason: str, *, counted: bool) -> None:
        try:
            give_back(self._store, lease, reason, counted=counted)
        except ConflictError:  # the domain, and the job with it, was deleted, or the child finished it a moment ago
            return


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the child with all its own children and wait for it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _death(code: int | None) -> str:
    if code == -signal.SIGKILL:
        return "The worker process was killed (signal 9), most likely because memory ran out."
    return f"The worker process ended with the code {code}."
