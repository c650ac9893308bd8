"""Job rows: queue, claim, fencing, events.

A claim raises the job's `token`. Every write of a worker names the token it got, so a worker that was given up for dead
and comes back can change nothing. No decision here reads the clock: liveness is a counter that its supervisor watches.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from store import schema
from store.errors import ConflictError, NotFoundError
from store.ids import new_id
from store.store import Store, now

MAX_ATTEMPTS = 2
FINAL = ("succeeded", "failed", "cancelled")


@dataclass(frozen=True)
class Lease:
    """The right to work on a job, lost as soon as someone else claims it."""

    job_id: str
    token: int


@dataclass(frozen=True)
class Job:
    """A job; `progress` runs from 0 to 1, `eta_s` is in seconds."""

    id: str
    kind: str
    domain_id: str
    status: str
    progress: float
    eta_s: float | None
    params: dict[str, Any]
    result: dict[str, Any] | None
    error: dict[str, str] | None
    token: int
    attempts: int
    heartbeat: int
    cancel_requested: bool
    created_at: int
    started_at: int | None
    finished_at: int | None


@dataclass(frozen=True)
class Event:
    """Something a job told; `seq` orders the events of all jobs."""

    seq: int
    level: str
    message: str
    data: dict[str, Any]
    created_at: int


class CancelledError(Exception):
    """Raised inside a job that a user asked to cancel."""


class Progress:
    """A job's connection to its row. Calling it reports; it raises `CancelledError` when the job should stop.

    Reports are written at most every `interval_s` seconds, but for the last one.
    """

    def __init__(self, store: Store, job: Job, lease: Lease, interval_s: float = 0.5) -> None:
        self.job = job
        self.lease = lease
        self._store = store
        self._interval_s = interval_s
        self._begun = time.monotonic()
        self._last = 0.0

    def __call__(self, fraction: float, message: str = "") -> None:
        """Report that `fraction` (0 to 1) of the work is done."""
        clock = time.monotonic()
        if clock - self._last < self._interval_s and fraction < 1:
            return
        self._last = clock
        eta_s = (clock - self._begun) * (1 - fraction) / fraction if fraction > 0 else None
        if beat(self._store, self.lease, fraction, eta_s):
            raise CancelledError
        if message:
            add_event(self._store, self.job.id, message, data={"progress": round(fraction, 4)})


def create_job(store: Store, kind: str, domain_id: str, params: Mapping[str, Any]) -> Job:
    """Queue a job."""
    with store.database.write() as connection:
        job_id = insert_job(connection, kind, domain_id, params)
    return get_job(store, job_id)


def insert_job(connection: sa.Connection, kind: str, domain_id: str, params: Mapping[str, Any]) -> str:
    """Insert a queued job and return its id."""
    require_domain(connection, domain_id)
    job_id = new_id("job")
    values = {"kind": kind, "domain_id": domain_id, "params": dict(params), "status": "queued", "created_at": now()}
    start = {"progress": 0.0, "token": 0, "attempts": 0, "heartbeat": 0, "cancel_requested": False}
    connection.execute(schema.jobs.insert().values(id=job_id, **values, **start))
    return job_id


def claim_job(store: Store) -> tuple[Job, Lease] | None:
    """Claim the oldest queued job, or return None."""
    table = schema.jobs
    oldest = sa.select(table.c.id, table.c.token).where(table.c.status == "queued").order_by(table.c.number).limit(1)
    with store.database.read() as connection:
        if connection.execute(oldest).first() is None:  # most looks find nothing: do not take the write lock for them
            return None
    with store.database.write() as connection:
        row = connection.execute(oldest).first()
        if row is None:
            return None
        lease = Lease(row.id, row.token + 1)
        state = {"status": "running", "token": lease.token, "attempts": table.c.attempts + 1, "started_at": now()}
        connection.execute(table.update().where(table.c.id == row.id).values(state))
    return get_job(store, lease.job_id), lease


def beat(store: Store, lease: Lease, progress: float, eta_s: float | None = None) -> bool:
    """Report progress; return True if the job should stop because someone asked to cancel it."""
    table = schema.jobs
    with store.database.write() as connection:
        check_lease(connection, lease)
        state = {"progress": progress, "eta_s": eta_s, "heartbeat": table.c.heartbeat + 1}
        connection.execute(table.update().where(table.c.id == lease.job_id).values(state))
        return bool(connection.scalar(sa.select(table.c.cancel_requested).where(table.c.id == lease.job_id)))


def add_event(
    store: Store, job_id: str, message: str, level: str = "info", data: Mapping[str, Any] | None = None
) -> None:
    """Append to what the job tells its user."""
    values = {"job_id": job_id, "level": level, "message": message, "data": dict(data or {}), "created_at": now()}
    with store.database.write() as connection:
        connection.execute(schema.job_events.insert().values(values))


def finish_job(
    store: Store,
    lease: Lease,
    status: str,
    *,
    result: Mapping[str, Any] | None = None,
    error: Mapping[str, str] | None = None,
) -> None:
    """Give the job its final state, once; `ConflictError` if the lease is lost."""
    with store.database.write() as connection:
        check_lease(connection, lease)
        _finish(connection, lease.job_id, status, result, error)


def give_back(store: Store, lease: Lease, reason: str, *, counted: bool) -> str:
    """Queue a job again whose worker died, or fail it after `MAX_ATTEMPTS`; return the new status.

    An orderly stop is not `counted` as an attempt.
    """
    table = schema.jobs
    with store.database.write() as connection:
        check_lease(connection, lease)
        if not counted:
            mine = table.update().where(table.c.id == lease.job_id)
            connection.execute(mine.values(attempts=table.c.attempts - 1))
        return _give_back(connection, lease.job_id, reason)


def recover_jobs(store: Store) -> None:
    """Take every running job back: for the owner of the data folder at its start, when whoever ran them is fenced."""
    table = schema.jobs
    with store.database.write() as connection:
        for job_id in connection.scalars(sa.select(table.c.id).where(table.c.status == "running")).all():
            connection.execute(table.update().where(table.c.id == job_id).values(token=table.c.token + 1))
            _give_back(connection, job_id, "The server stopped while the job ran.")


def request_cancel(store: Store, job_id: str) -> Job:
    """Ask for a job to stop: a queued one is cancelled at once, a running one at its next report of progress."""
    job = get_job(store, job_id)
    table = schema.jobs
    with store.database.write() as connection:
        status = connection.scalar(sa.select(table.c.status).where(table.c.id == job.id))
        if status in FINAL:
            raise ConflictError(f"The job {job_id} has {status} already.", code="job_finished", param="job")
        connection.execute(table.update().where(table.c.id == job.id).values(cancel_requested=True))
        if status == "queued":
            _finish(connection, job.id, "cancelled", None, None)
    return get_job(store, job_id)


def get_job(store: Store, job_id: str) -> Job:
    """Return the job or raise `NotFoundError`."""
    for job in _select(store, schema.jobs.c.id == job_id):
        return job
    raise NotFoundError(f"There is no job {job_id[:80]!r}.", code="job_not_found", param="job")


def list_jobs(
    store: Store, kind: str | None = None, status: str | None = None, domain_id: str | None = None
) -> list[Job]:
    """Return jobs, newest first."""
    table = schema.jobs.c
    given = ((table.kind, kind), (table.status, status), (table.domain_id, domain_id))
    return _select(store, *(column == value for column, value in given if value is not None))


def list_events(store: Store, job_id: str, after: int = 0) -> list[Event]:
    """Return the events of a job with a sequence number above `after`, oldest first."""
    table = schema.job_events
    columns = [table.c[name] for name in Event.__dataclass_fields__]
    statement = sa.select(*columns).where(table.c.job_id == job_id, table.c.seq > after).order_by(table.c.seq)
    with store.database.read() as connection:
        return [Event(**row) for row in connection.execute(statement).mappings()]


def require_domain(connection: sa.Connection, domain_id: str) -> None:
    """Raise `NotFoundError` if the domain was deleted meanwhile."""
    if connection.scalar(sa.select(schema.domains.c.id).where(schema.domains.c.id == domain_id)) is None:
        raise NotFoundError("The domain was deleted.", code="domain_not_found", param="domain")


def check_lease(connection: sa.Connection, lease: Lease) -> None:
    """Raise `ConflictError` unless the lease is the job's present one."""
    table = schema.jobs.c
    row = connection.execute(sa.select(table.token, table.status).where(table.id == lease.job_id)).first()
    if row is None or row.token != lease.token or row.status != "running":
        raise ConflictError(f"The lease {lease.token} of job {lease.job_id} is lost.", code="lease_lost")


def _give_back(connection: sa.Connection, job_id: str, reason: str) -> str:
    table = schema.jobs
    row = connection.execute(sa.select(table.c.attempts, table.c.cancel_requested).where(table.c.id == job_id)).one()
    if row.cancel_requested:
        _finish(connection, job_id, "cancelled", None, None)
        return "cancelled"
    if row.attempts >= MAX_ATTEMPTS:
        message = f"{reason} It was tried {row.attempts} times; the job's events say how far it came."
        _finish(connection, job_id, "failed", None, {"code": "worker_died", "message": message})
        return "failed"
    connection.execute(table.update().where(table.c.id == job_id).values(status="queued", progress=0.0))
    return "queued"


def _finish(
    connection: sa.Connection,
    job_id: str,
    status: str,
    result: Mapping[str, Any] | None,
    error: Mapping[str, str] | None,
) -> None:
    table = schema.jobs
    final: dict[str, Any] = {"status": status, "finished_at": now(), "eta_s": None}
    final |= {"result": dict(result) if result else None, "error": dict(error) if error else None}
    if status == "succeeded":
        final["progress"] = 1.0
    connection.execute(table.update().where(table.c.id == job_id).values(final))


def _select(store: Store, *conditions: sa.ColumnElement[bool]) -> list[Job]:
    columns = [schema.jobs.c[name] for name in Job.__dataclass_fields__]
    statement = sa.select(*columns).where(*conditions).order_by(schema.jobs.c.number.desc())
    with store.database.read() as connection:
        return [Job(**row) for row in connection.execute(statement).mappings()]
