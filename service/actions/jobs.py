"""Jobs: queueing one, what each waits for, and what it tells."""

from __future__ import annotations

from dataclasses import dataclass

from service.actions import domains
from service.jobs.lanes import waits_for
from service.runtime import Runtime
from store.domains import domain_of, get_domain
from store.jobs import Event, Job, active_jobs, get_job, list_events, list_jobs, request_cancel
from store.json_values import JsonObject


@dataclass(frozen=True)
class Placed:
    """A job with the name of its domain and the job that must end before it begins, if there is one."""

    job: Job
    domain: str
    ahead: Job | None


def queue(runtime: Runtime, kind: str, domain: str, params: JsonObject) -> Placed:
    """Queue a job in the domain of that name, or return one that waits and does the same work."""
    return _placed(runtime, runtime.queue(kind, get_domain(runtime.store, domain).id, params))


def get(runtime: Runtime, job_id: str) -> Placed:
    """Return a job, or raise `NotFoundError`."""
    return _placed(runtime, get_job(runtime.store, job_id))


def find(runtime: Runtime, kind: str | None, status: str | None, domain: str | None) -> list[Placed]:
    """Return the jobs, the oldest first."""
    found = reversed(list_jobs(runtime.store, kind, status, domains.id_of(runtime, domain)))
    names, active = domains.names(runtime), active_jobs(runtime.store)
    return [Placed(job, names[job.domain_id], waits_for(job, active)) for job in found if job.domain_id in names]


def cancel(runtime: Runtime, job_id: str) -> Placed:
    """Ask a job to stop."""
    return _placed(runtime, request_cancel(runtime.store, job_id))


def told(runtime: Runtime, job_id: str, after: int) -> tuple[list[Event], str]:
    """Return what a job told after a sequence number, the oldest first, and its status; if final, nothing follows."""
    status = get_job(runtime.store, job_id).status  # before the events: the last of these may come with the end
    return list_events(runtime.store, job_id, after), status


def _placed(runtime: Runtime, job: Job) -> Placed:
    ahead = waits_for(job, active_jobs(runtime.store)) if job.status == "queued" else None
    return Placed(job, domain_of(runtime.store, job.domain_id).name, ahead)
