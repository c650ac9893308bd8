"""Lanes: jobs of one lane run one after another, the lanes run beside each other.

So a tuning that takes hours holds up no document of any domain.
"""

from __future__ import annotations

from collections.abc import Sequence

from service.jobs.kinds import KINDS
from store.jobs import Job

LANES = tuple(sorted({kind.lane for kind in KINDS.values()}))


def kinds_of(lane: str) -> list[str]:
    """Return the kinds of jobs that run in a lane."""
    return [kind.name for kind in KINDS.values() if kind.lane == lane]


def waits_for(job: Job, active: Sequence[Job]) -> Job | None:
    """Return the job that must end before a queued one begins, as far as can be told now, else None.

    `active` are the jobs that run or wait, in the order in which they are claimed.
    """
    if job.status != "queued":
        return None
    ahead = [each for each in active if _lane_of(each) == _lane_of(job) and each.id != job.id]
    running = [each for each in ahead if each.status == "running"]
    ids = [each.id for each in active]
    older = [each for each in ahead if job.id in ids and ids.index(each.id) < ids.index(job.id)]
    return next(iter(running or older[-1:]), None)


def _lane_of(job: Job) -> str | None:
    """Return the lane of a job; None if it is of a kind that nobody runs, left by another version."""
    kind = KINDS.get(job.kind)
    return kind.lane if kind else None
