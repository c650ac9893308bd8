"""Jobs: queueing one, what each waits for, and what it tells."""

from __future__ import annotations

from dataclasses import dataclass, replace

from service.access import Access
from service.actions import domains
from service.jobs.lanes import waits_for
from service.runtime import Runtime
from store.domains import domain_of
from store.jobs import Event, Job, active_jobs, get_job, list_events, list_jobs, request_cancel
from store.json_values import JsonObject


@dataclass(frozen=True)
class Placed:
    """A job with the name of its domain and the job that must end before it begins, if there is one."""

    job: Job
    domain: str
    ahead: Job | None


def queue(runtime: Runtime, kind: str, domain: str, params: JsonObject, access: Access) -> Placed:
    """Queue a job in the domain of that name, or return one that waits and does the same work."""
    return _placed(runtime, runtime.queue(kind, domains.named(runtime, domain, access).id, params), access)


def seen(runtime: Runtime, job_id: str, access: Access) -> Job:
    """Return a job that the request may see, or raise `NotFoundError`."""
    job = get_job(runtime.store, job_id)
    access.check(job.domain_id, "job", job_id)
    return job


def get(runtime: Runtime, job_id: str, access: Access) -> Placed:
    """Return a job, or raise `NotFoundError`."""
    return _placed(runtime, seen(runtime, job_id, access), access)


def find(runtime: Runtime, kind: str | None, status: str | None, domain: str | None, access: Access) -> list[Placed]:
    """Return the jobs, the oldest first."""
    found = reversed(list_jobs(runtime.store, kind, status, domains.id_of(runtime, domain, access)))
    names, active = domains.names(runtime), active_jobs(runtime.store)
    placed = (Placed(job, names[job.domain_id], waits_for(job, active)) for job in found if job.domain_id in names)
    return [_as_seen(each, access) for each in placed]


def cancel(runtime: Runtime, job_id: str, access: Access) -> Placed:
    """Ask a job to stop."""
    return _placed(runtime, request_cancel(runtime.store, seen(runtime, job_id, access).id), access)


def told(runtime: Runtime, job_id: str, after: int) -> tuple[list[Event], str]:
    """Return what a job told after a sequence number, the oldest first, and its status; if final, nothing follows."""
    status = get_job(runtime.store, job_id).status  # before the events: the last of these may come with the end
    return list_events(runtime.store, job_id, after), status


def _placed(runtime: Runtime, job: Job, access: Access) -> Placed:
    ahead = waits_for(job, active_jobs(runtime.store)) if job.status == "queued" else None
    return _as_seen(Placed(job, domain_of(runtime.store, job.domain_id).name, ahead), access)


def _as_seen(placed: Placed, access: Access) -> Placed:
    """Return the same without a job of another domain ahead of it, if the request does not see that one."""
    hidden = placed.ahead is not None and not access.sees(placed.ahead.domain_id)
    return replace(placed, ahead=None) if hidden else placed
