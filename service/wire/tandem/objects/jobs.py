"""Jobs and what they tell."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel

from service.actions.jobs import Placed
from service.jobs.kinds import KINDS
from store.choices import one_of
from store.jobs import Event
from store.json_values import Json

JobKind = Annotated[str, one_of(KINDS)]
JobStatus = Literal["queued", "running", "succeeded", "failed", "cancelled"]


class AheadObject(BaseModel):
    """The job that a queued job waits for; jobs of other kinds may run beside it."""

    id: str
    kind: str
    status: str
    progress: float


class JobObject(BaseModel):
    """A job; `progress` runs from 0 to 1, `eta_s` are seconds at the recent rate, null until that is known."""

    id: str
    object: Literal["job"] = "job"
    kind: str
    domain: str
    status: JobStatus
    cancel_requested: bool
    waits_for: AheadObject | None
    progress: float
    eta_s: float | None
    params: dict[str, Json]
    result: dict[str, Json] | None
    error: dict[str, str] | None
    created_at: int
    started_at: int | None
    finished_at: int | None

    @classmethod
    def of(cls, placed: Placed) -> JobObject:
        """Return the object of a record."""
        job, ahead = placed.job, placed.ahead
        first = ahead and AheadObject(id=ahead.id, kind=ahead.kind, status=ahead.status, progress=ahead.progress)
        return cls(
            id=job.id,
            kind=job.kind,
            domain=placed.domain,
            status=job.status,
            cancel_requested=job.cancel_requested,
            waits_for=first,
            progress=job.progress,
            eta_s=job.eta_s,
            params=job.params,
            result=job.result,
            error=job.error,
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
        )


class EventObject(BaseModel):
    """Something that a job told."""

    id: str
    object: Literal["job.event"] = "job.event"
    level: str
    message: str
    data: dict[str, Json]
    created_at: int

    @classmethod
    def of(cls, event: Event) -> EventObject:
        """Return the object of a record."""
        return cls(
            id=f"evt_{event.seq}",
            level=event.level,
            message=event.message,
            data=event.data,
            created_at=event.created_at,
        )
