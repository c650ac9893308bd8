"""Evaluations: a row when one is asked for, its report when the job is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from store import schema
from store.errors import NotFoundError
from store.ids import new_id
from store.jobs import Lease, check_lease, insert_job
from store.store import Store, now


@dataclass(frozen=True)
class Evaluation:
    """An evaluation; `status` is that of its job, `report` is None until it succeeded."""

    id: str
    domain_id: str
    dataset_id: str
    job_id: str
    status: str
    report: dict[str, Any] | None
    created_at: int


def create_evaluation(store: Store, domain_id: str, params: Mapping[str, Any]) -> Evaluation:
    """Queue the evaluation of a domain on the data set `params["dataset"]`, its job and its row in one transaction."""
    evaluation_id = new_id("evl")
    with store.database.write() as connection:
        job_id = insert_job(connection, "evaluate", domain_id, params)
        values = {"id": evaluation_id, "domain_id": domain_id, "dataset_id": params["dataset"], "job_id": job_id}
        connection.execute(schema.evaluations.insert().values(**values, created_at=now()))
    return get_evaluation(store, evaluation_id)


def save_report(store: Store, lease: Lease, report: Mapping[str, Any]) -> None:
    """Store the report of the evaluation that the job of this lease carries out."""
    table = schema.evaluations
    with store.database.write() as connection:
        check_lease(connection, lease)
        connection.execute(table.update().where(table.c.job_id == lease.job_id).values(report=dict(report)))


def get_evaluation(store: Store, evaluation_id: str) -> Evaluation:
    """Return the evaluation or raise `NotFoundError`."""
    for evaluation in _select(store, schema.evaluations.c.id == evaluation_id):
        return evaluation
    raise NotFoundError(f"There is no evaluation {evaluation_id[:80]!r}.", code="evaluation_not_found")


def list_evaluations(store: Store, domain_id: str | None = None) -> list[Evaluation]:
    """Return evaluations, newest first."""
    return _select(store, schema.evaluations.c.domain_id == domain_id if domain_id else sa.true())


def _select(store: Store, condition: sa.ColumnElement[bool]) -> list[Evaluation]:
    table, jobs = schema.evaluations, schema.jobs
    columns = [table.c[name] for name in Evaluation.__dataclass_fields__ if name != "status"]
    statement = (
        sa.select(*columns, jobs.c.status)
        .join(jobs, jobs.c.id == table.c.job_id)
        .where(condition)
        .order_by(table.c.number.desc())
    )
    with store.database.read() as connection:
        return [Evaluation(**row) for row in connection.execute(statement).mappings()]
