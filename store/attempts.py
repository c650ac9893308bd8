"""What becomes of a job whose process or server died: tried again, or failed; and which documents are in doubt.

A job that reads documents says which it has in hand. If its process dies while the server lives, it was perhaps one of
them: they are in doubt, and are read alone from then on. A document that was in hand at `MAX_DEATHS` deaths, the last
two of them alone, is put in quarantine. The end of the server says nothing about a document, since most often somebody
stopped it; only one that was alone in hand at `MAX_SERVER_DEATHS_ALONE` in a row is put in quarantine as well, so that
no document can bring a server down for ever.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from store import schema
from store.database import batches
from store.jobs import Lease, NewEvent, check_lease, end_job, insert_events
from store.store import Store, now

MAX_ATTEMPTS = 2
MAX_ATTEMPTS_AT_DOCUMENTS = 6  # in a row without finishing any: then it is hardly the documents
MAX_DEATHS = 3
MAX_SERVER_DEATHS = 10
MAX_SERVER_DEATHS_ALONE = 5
_IN_DOUBT_AFTER = 2  # deaths of the server in a row: read what was in hand alone, after all others
_WAITS = sa.or_(*(schema.documents.c.status == each for each in ("received", "parsed")))


def take_in_hand(store: Store, lease: Lease, documents: Mapping[str, int], *, finished: bool) -> None:
    """Note that these documents (id to version) are being read now, and whether those before them were `finished`."""
    table = schema.jobs
    state: dict[str, object] = {"hand": dict(documents)}
    if finished:
        state |= {"attempts": 1, "server_deaths": 0}
    with store.database.write() as connection:
        check_lease(connection, lease)
        connection.execute(table.update().where(table.c.id == lease.job_id).values(state))


def documents_in_doubt(store: Store, domain_id: str) -> dict[str, int]:
    """Return the waiting documents at which a process died before, by their id, and how often."""
    table = schema.documents.c
    doubtful = (table.domain_id == domain_id, _WAITS, table.deaths > 0)
    with store.database.read() as connection:
        return {row.id: row.deaths for row in connection.execute(sa.select(table.id, table.deaths).where(*doubtful))}


def try_again(store: Store, domain_id: str) -> int:
    """Let all failed and quarantined documents of a domain wait once more, without suspicion; return their number."""
    table = schema.documents
    troubled = (table.c.domain_id == domain_id, table.c.status.in_(("failed", "quarantined")))
    fresh = {"status": "received", "error": None, "deaths": 0, "server_deaths": 0, "updated_at": now()}
    with store.database.write() as connection:
        return connection.execute(table.update().where(*troubled).values(fresh)).rowcount


def give_back(
    store: Store,
    lease: Lease,
    reason: str,
    *,
    counted: bool,
    code: str = "worker_died",
    output: str = "",
    suspect: bool = True,
) -> str:
    """Queue a job again whose process died, or fail it with `code` after too many attempts; return the new status.

    An orderly stop is not `counted` as an attempt. Without `suspect` no document is to blame: the disk was full.
    """
    table = schema.jobs
    with store.database.write() as connection:
        check_lease(connection, lease)
        columns = (table.c.attempts, table.c.cancel_requested, table.c.hand)
        row = connection.execute(sa.select(*columns).where(table.c.id == lease.job_id)).one()
        if not counted:
            insert_events(connection, lease.job_id, [NewEvent(reason)])
            return _queue(connection, lease.job_id, row.cancel_requested, attempts=row.attempts - 1)
        data = {"output": output} if output else {}
        insert_events(connection, lease.job_id, [NewEvent(reason, "error", data)])
        attempts, limit = row.attempts, MAX_ATTEMPTS
        if row.hand and suspect and not row.cancel_requested:
            limit = MAX_ATTEMPTS_AT_DOCUMENTS
            if _suspect(connection, lease.job_id, row.hand, {"code": code, "message": reason}):
                attempts = 0
        if attempts < limit or row.cancel_requested:
            return _queue(connection, lease.job_id, row.cancel_requested, attempts=attempts)
        tried = f"It was tried {attempts} times; the job's events say how far it came."
        end_job(connection, lease.job_id, "failed", None, {"code": code, "message": f"{reason} {tried}"})
        return "failed"


def recover_jobs(store: Store) -> None:
    """Take every running job back: for the owner of the data folder at its start, when whoever ran them is fenced."""
    table = schema.jobs
    columns = (table.c.id, table.c.attempts, table.c.server_deaths, table.c.cancel_requested, table.c.hand)
    with store.database.write() as connection:
        for row in connection.execute(sa.select(*columns).where(table.c.status == "running")).all():
            deaths = row.server_deaths + 1
            mine = table.update().where(table.c.id == row.id)
            connection.execute(mine.values(token=table.c.token + 1, server_deaths=deaths))
            insert_events(connection, row.id, [NewEvent("The server ended while the job ran.", "warning")])
            if row.hand and not row.cancel_requested:
                _note_server_death(connection, row.id, row.hand, deaths)
            if deaths < MAX_SERVER_DEATHS or row.cancel_requested:
                _queue(connection, row.id, row.cancel_requested, attempts=row.attempts - 1)
                continue
            message = (
                f"The server ended {deaths} times in a row while this job ran, so it is not started again by itself. "
                "If memory ran out, the log of the machine says so; otherwise start the job anew."
            )
            end_job(connection, row.id, "failed", None, {"code": "server_died", "message": message})


def _queue(connection: sa.Connection, job_id: str, cancelled: bool, *, attempts: int) -> str:
    """Let the job wait for its next attempt, or end it if it was cancelled; return its status."""
    if cancelled:
        end_job(connection, job_id, "cancelled")
        return "cancelled"
    table = schema.jobs
    state = {"status": "queued", "progress": 0.0, "eta_s": None, "hand": None, "attempts": max(attempts, 0)}
    connection.execute(table.update().where(table.c.id == job_id).values(state))
    return "queued"


def _suspect(connection: sa.Connection, job_id: str, hand: Mapping[str, int], reason: Mapping[str, str]) -> list[str]:
    """Count a death against what was in hand; return the external ids of what is in quarantine for it."""
    _change(connection, hand, {"deaths": schema.documents.c.deaths + 1})
    message = f"{reason['message']} It happened {MAX_DEATHS} times while this document was read, the last two alone."
    error = {"code": reason["code"], "message": message}
    return _quarantine(connection, job_id, hand, schema.documents.c.deaths >= MAX_DEATHS, error)


def _note_server_death(connection: sa.Connection, job_id: str, hand: Mapping[str, int], in_a_row: int) -> None:
    table = schema.documents.c
    if len(hand) == 1:
        _change(connection, hand, {"server_deaths": table.server_deaths + 1})
    elif in_a_row >= _IN_DOUBT_AFTER:
        _change(connection, hand, {"deaths": sa.case((table.deaths < 1, 1), else_=table.deaths)})
    message = f"The server ended {MAX_SERVER_DEATHS_ALONE} times in a row while it read this document and no other."
    error = {"code": "server_died", "message": message}
    _quarantine(connection, job_id, hand, table.server_deaths >= MAX_SERVER_DEATHS_ALONE, error)


def _change(connection: sa.Connection, hand: Mapping[str, int], values: Mapping[str, object]) -> None:
    """Change those documents in hand that still wait in the version that was being read."""
    table = schema.documents
    mine = (table.c.id == sa.bindparam("document"), table.c.version == sa.bindparam("read_version"))
    statement = table.update().where(*mine, _WAITS).values(values)
    connection.execute(statement, [{"document": key, "read_version": version} for key, version in hand.items()])


def _quarantine(
    connection: sa.Connection,
    job_id: str,
    hand: Mapping[str, int],
    condition: sa.ColumnElement[bool],
    error: Mapping[str, str],
) -> list[str]:
    """Put waiting documents in hand that meet the condition in quarantine; return and tell their external ids."""
    table = schema.documents
    told = f"{error['message']} Sending it again, or a job ingest with retry, tries it anew."
    state = {"status": "quarantined", "error": {**error, "message": told}, "updated_at": now()}
    names: list[str] = []
    for batch in batches(sorted(hand)):
        mine = (table.c.id.in_(batch), _WAITS, condition)
        names += connection.scalars(sa.select(table.c.external_id).where(*mine)).all()
        connection.execute(table.update().where(*mine).values(state))
    events = [NewEvent(f"{name}: quarantined. {error['message']}", "error", {"document": name}) for name in names]
    insert_events(connection, job_id, events)
    return names
