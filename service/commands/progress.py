"""Bars on standard error for what takes long: how far, how long it took, how long it will."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from service.commands.terminal import one_line
from store.errors import TandemError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from service.client import Client
    from service.replies import Job


class JobError(TandemError):
    """A job that a command waited for did not succeed; `code` is that of the job's error."""


class Bar:
    """One bar; `to` moves it."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def to(self, share: float, says: str) -> None:
        """Show that so much is done, from 0 to 1, and what is going on."""
        self._progress.update(self._task, completed=share, description=one_line(says))


@contextmanager
def bar(says: str) -> Iterator[Bar]:
    """Give a bar that is there for the time of the context, if a person looks."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    unseen = not sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=unseen) as progress:
        yield Bar(progress, progress.add_task(one_line(says), total=1.0))


def run_job(connected: Client, job_id: str) -> Job:
    """Wait for a job behind a bar and return it; raise `JobError` if it did not succeed."""
    with bar(job_id) as shown:
        job = connected.wait(job_id, lambda job: shown.to(job.progress, said_of(job)))
    return succeeded(job)


def succeeded(job: Job) -> Job:
    """Return the job, or raise `JobError` if it failed or was cancelled."""
    if job.status != "succeeded":
        message = job.error.message if job.error else f"The job was {job.status}."
        code = job.error.code if job.error else f"job_{job.status}"
        raise JobError(f"{job.id} {job.status}: {message}", code=code)
    return job


def said_of(job: Job) -> str:
    """Return kind and state of a job."""
    return f"{job.kind} {state_of(job)}"


def state_of(job: Job) -> str:
    """Return the state of a job: what a queued one waits for, and whether a running one was asked to stop."""
    ahead = job.waits_for
    if ahead and job.status == "queued":
        return f"queued, waits for {ahead.kind} {ahead.id} ({100 * ahead.progress:.0f} %)"
    if job.cancel_requested and job.status == "running":
        return "stopping"
    return job.status
