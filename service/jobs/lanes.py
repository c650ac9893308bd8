"""Lanes: jobs of one lane run one after another, the lanes run beside each other.

So a tuning that takes hours holds up no document of any domain.
"""

from __future__ import annotations

from collections.abc import Sequence

from store.jobs import Job

LANES = {"ingest": "ingest", "tune_generator": "compute", "evaluate": "compute"}  # job kind -> lane


def kinds_of(lane: str) -> list[str]:
    """Return the kinds of jobs that run in a lane."""
    return [kind for kind, each in LANES.items() if each == lane]


def waits_for(job: Job, active: Sequence[Job]) -> Job | None:
    """Return the job that must end before a queued one begins, as far as can be told now, else None.

    `active` are the jobs that run or wait, in the order in which they are claimed.
    """
    if job.status != "queued":
        return None
    ahead = [each for each in active if LANES.get(each.kind) == LANES.get(job.kind) and each.id != job.id]
    running = [each for each in ahead if each.status == "running"]
    ids = [each.id for each in active]
    older = [each for each in ahead if job.id in ids and ids.index(each.id) < ids.index(job.id)]
    return next(iter(running or older[-1:]), None)
