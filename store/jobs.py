"""Job rows: queue, claim, fencing, events.

A claim raises the job's `token`. Every write of a worker names the token it got, so a worker that was given up for dead
and comes back can change nothing: neither the job's row and events nor documents, models and reports. No decision here
reads the clock: liveness is a counter that its supervisor watches.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from store import schema
from store.errors import ConflictError, NotFoundError
from store.ids import new_id
from store.job_states import FINAL
from store.json_values import JsonObject
from store.store import Store, now


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
    params: JsonObject
    result: JsonObject | None
    error: Mapping[str, str] | None
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
    data: JsonObject
    created_at: int


@dataclass(frozen=True)
class NewEvent:
    """Something to tell; `level` is info, warning or error."""

    message: str
    level: str = "info"
    data: JsonObject = field(default_factory=dict)


def create_job(store: Store, kind: str, domain_id: str, params: JsonObject) -> Job:
    """Queue a job."""
    with store.database.write() as connection:
        job_id = insert_job(connection, kind, domain_id, params)
    return get_job(store, job_id)


def reuse_job(store: Store, kind: str, domain_id: str, params: JsonObject) -> Job:
    """Return the queued job of this kind and domain with these parameters; queue one if none waits.

    For jobs that take whatever waits when they begin: one that has not begun sees all that was stored before this call.
    """
    table = schema.jobs.c
    mine = (table.kind == kind, table.domain_id == domain_id, table.status == "queued")
    with store.database.write() as connection:
        rows = connection.execute(sa.select(table.id, table.params).where(*mine).order_by(table.number)).all()
        same = [row.id for row in rows if row.params == dict(params)]
        job_id = same[0] if same else insert_job(connection, kind, domain_id, params)
    return get_job(store, job_id)


def insert_job(connection: sa.Connection, kind: str, domain_id: str, params: JsonObject) -> str:
    """Insert a queued job and return its id."""
    require_domain(connection, domain_id)
    job_id = new_id("job")
    values = {"kind": kind, "domain_id": domain_id, "params": dict(params), "status": "queued", "created_at": now()}
    start = {"progress": 0.0, "token": 0, "attempts": 0, "heartbeat": 0, "cancel_requested": False}
    connection.execute(schema.jobs.insert().values(id=job_id, **values, **start))
    return job_id


def claim_job(
    store: Store, kinds: Collection[str] | None = None, ids: Collection[str] | None = None
) -> tuple[Job, Lease] | None:
    """Claim the oldest queued job, of these kinds and among these ids if given, or return None."""
    table = schema.jobs
    oldest = sa.select(table.c.id, table.c.token).where(table.c.status == "queued").order_by(table.c.number).limit(1)
    for column, wanted in ((table.c.kind, kinds), (table.c.id, ids)):
        oldest = oldest if wanted is None else oldest.where(column.in_(sorted(wanted)))
    with store.database.read() as connection:
        if connection.execute(oldest).first() is None:  # most looks find nothing: do not take the write lock for them
            return None
    with store.database.write() as connection:
        row = connection.execute(oldest).first()
        if row is None:
            return None
        lease = Lease(row.id, row.token + 1)
        state = {"status": "running", "token": lease.token, "attempts": table.c.attempts + 1, "hand": None}
        unclaimed = (table.c.id == row.id, table.c.status == "queued", table.c.token == row.token)
        changed = connection.execute(table.update().where(*unclaimed).values(**state, started_at=now()))
        if changed.rowcount != 1:
            return None
    return get_job(store, lease.job_id), lease


def beat(
    store: Store,
    lease: Lease,
    progress: float | None = None,
    eta_s: float | None = None,
    events: Sequence[NewEvent] = (),
) -> bool:
    """Give a sign of life, with progress and events if there are any; return True if the job was asked to stop."""
    table = schema.jobs
    state: dict[str, object] = {"heartbeat": table.c.heartbeat + 1}
    if progress is not None:
        state |= {"progress": progress, "eta_s": eta_s}
    with store.database.write() as connection:
        check_lease(connection, lease)
        connection.execute(table.update().where(table.c.id == lease.job_id).values(state))
        insert_events(connection, lease.job_id, events)
        return bool(connection.scalar(sa.select(table.c.cancel_requested).where(table.c.id == lease.job_id)))


def insert_events(connection: sa.Connection, job_id: str, events: Sequence[NewEvent]) -> None:
    """Append to what a job tells its user."""
    rows = [
        {"job_id": job_id, "level": each.level, "message": each.message, "data": dict(each.data), "created_at": now()}
        for each in events
    ]
    if rows:
        connection.execute(schema.job_events.insert(), rows)


def finish_job(
    store: Store,
    lease: Lease,
    status: str,
    *,
    result: JsonObject | None = None,
    error: Mapping[str, str] | None = None,
) -> None:
    """Give the job its final state, once; `ConflictError` if the lease is lost."""
    with store.database.write() as connection:
        check_lease(connection, lease)
        end_job(connection, lease.job_id, status, result, error)


def request_cancel(store: Store, job_id: str) -> Job:
    """Ask for a job to stop: a queued one is cancelled at once, a running one at its next report of progress."""
    job = get_job(store, job_id)
    table = schema.jobs
    with store.database.write() as connection:
        status = connection.scalar(sa.select(table.c.status).where(table.c.id == job.id))
        if status in FINAL:
            message = f"The job {job_id} cannot be cancelled: it ended before, its status is {status}."
            raise ConflictError(message, code="job_finished", param="job")
        connection.execute(table.update().where(table.c.id == job.id).values(cancel_requested=True))
        insert_events(connection, job.id, [] if job.cancel_requested else [NewEvent("A cancellation was asked for.")])
        if status == "queued":
            end_job(connection, job.id, "cancelled")
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


def active_jobs(store: Store) -> list[Job]:
    """Return the jobs that run or wait, in the order in which they are claimed."""
    return list(reversed(_select(store, schema.jobs.c.status.in_(("queued", "running")))))


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


def end_job(
    connection: sa.Connection,
    job_id: str,
    status: str,
    result: JsonObject | None = None,
    error: Mapping[str, str] | None = None,
) -> None:
    """Give a job its final state; for those that hold its lease or know that nobody does."""
    table = schema.jobs
    final: dict[str, object] = {"status": status, "finished_at": now(), "eta_s": None, "hand": None}
    final |= {"result": dict(result) if result else None, "error": dict(error) if error else None}
    if status == "succeeded":
        final["progress"] = 1.0
    connection.execute(table.update().where(table.c.id == job_id).values(final))


def _select(store: Store, *conditions: sa.ColumnElement[bool]) -> list[Job]:
    columns = [schema.jobs.c[name] for name in Job.__dataclass_fields__]
    statement = sa.select(*columns).where(*conditions).order_by(schema.jobs.c.number.desc())
    with store.database.read() as connection:
        return [Job(**row) for row in connection.execute(statement).mappings()]
