"""Evaluations: a row when one is asked for, its report when the job is done."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from store import schema
from store.database import batches
from store.document_rows import missing_documents
from store.errors import NotFoundError
from store.ids import new_id
from store.jobs import Lease, check_lease, insert_job
from store.json_values import Json, JsonObject
from store.store import Store, now

_NO_TEXT: JsonObject = {"question": "", "gold": [], "answer": "", "blanked": True}


@dataclass(frozen=True)
class Evaluation:
    """An evaluation; `status` is that of its job, `report` is None until it succeeded.

    `questions` are the numbers of the questions that it measured, None if it gave no numbers.
    """

    id: str
    domain_id: str
    dataset_id: str
    job_id: str
    status: str
    report: JsonObject | None
    questions: list[int] | None
    created_at: int


def create_evaluation(store: Store, domain_id: str, params: JsonObject) -> Evaluation:
    """Queue the evaluation of a domain on the data set `params["dataset"]`, its job and its row in one transaction."""
    evaluation_id = new_id("evl")
    with store.database.write() as connection:
        job_id = insert_job(connection, "evaluate", domain_id, params)
        values = {"id": evaluation_id, "domain_id": domain_id, "dataset_id": params["dataset"], "job_id": job_id}
        connection.execute(schema.evaluations.insert().values(**values, created_at=now()))
    return get_evaluation(store, evaluation_id)


def save_report(store: Store, lease: Lease, report: JsonObject, questions: Sequence[int] | None = None) -> None:
    """Store the report of the evaluation that the job of this lease carries out, and the numbers of its questions.

    The documents that its records name are noted, so that a deletion finds them. Records of a document that was
    deleted while the job ran are stored without their text.
    """
    table, pairs = schema.evaluations, schema.evaluation_documents
    used = {document for record in _records(report) for document in _documents(record) or ()}
    with store.database.write() as connection:
        check_lease(connection, lease)
        key = connection.execute(sa.select(table.c.id).where(table.c.job_id == lease.job_id)).scalar_one()
        gone = missing_documents(connection, used)
        blanked = _blank(report, gone)
        asked = None if questions is None else list(questions)
        connection.execute(table.update().where(table.c.id == key).values(report=blanked, questions=asked))
        connection.execute(pairs.delete().where(pairs.c.evaluation_id == key))
        for batch in batches(sorted(used - gone)):
            connection.execute(pairs.insert(), [{"evaluation_id": key, "document_id": each} for each in batch])


def blank_records(connection: sa.Connection, document_id: str) -> None:
    """Take question, answers and gold answers out of the records that may hold the text of a document; scores stay."""
    table, pairs = schema.evaluations, schema.evaluation_documents
    mine = sa.select(pairs.c.evaluation_id).where(pairs.c.document_id == document_id)
    for number, report in connection.execute(
        sa.select(table.c.number, table.c.report).where(table.c.id.in_(mine))
    ).all():
        if report is not None:
            blanked = _blank(report, {document_id})
            connection.execute(table.update().where(table.c.number == number).values(report=blanked))
    connection.execute(pairs.delete().where(pairs.c.document_id == document_id))


def _blank(report: JsonObject, gone: set[str]) -> JsonObject:
    """Return the report without the text of records that rest on documents that are gone.

    Records of before they named their documents may rest on any of them.
    """
    if not gone or "records" not in report:
        return report
    records: list[Json] = []
    blanked = 0
    for record in _records(report):
        documents = _documents(record)
        rests_on_them = documents is None or not gone.isdisjoint(documents)
        records.append({**record, **_NO_TEXT} if rests_on_them else dict(record))
        blanked += rests_on_them or bool(record.get("blanked", False))
    return {**report, "records": records, "blanked": blanked}


def _records(report: JsonObject) -> list[dict[str, Json]]:
    records = report.get("records")
    return [record for record in records if isinstance(record, dict)] if isinstance(records, list) else []


def _documents(record: JsonObject) -> set[str] | None:
    """Return the ids of the documents that a record names, None if it does not say."""
    documents = record.get("documents")
    return {str(each) for each in documents} if isinstance(documents, list) else None


def looks_at(store: Store, domain_id: str, questions: Collection[int]) -> int:
    """Return how many evaluations of a domain gave numbers on at least half of these questions."""
    table, wanted = schema.evaluations.c, set(questions)
    statement = sa.select(table.questions).where(table.domain_id == domain_id, table.questions.is_not(None))
    with store.database.read() as connection:
        return sum(2 * len(wanted & set(asked)) >= len(wanted) for asked in connection.scalars(statement))


def get_evaluation(store: Store, evaluation_id: str) -> Evaluation:
    """Return the evaluation or raise `NotFoundError`."""
    for evaluation in _select(store, schema.evaluations.c.id == evaluation_id):
        return evaluation
    raise NotFoundError(
        f"There is no evaluation {evaluation_id[:80]!r}.", code="evaluation_not_found", param="evaluation"
    )


def evaluation_of_job(store: Store, job_id: str) -> Evaluation:
    """Return the evaluation that a job carries out or raise `NotFoundError`."""
    for evaluation in _select(store, schema.evaluations.c.job_id == job_id):
        return evaluation
    raise NotFoundError(f"The job {job_id[:80]!r} is no evaluation.", code="evaluation_not_found")


def list_evaluations(store: Store, domain_id: str | None = None, *, reports: bool = True) -> list[Evaluation]:
    """Return evaluations, newest first. Without `reports` of each report only the verdict is read, as its only key."""
    condition = schema.evaluations.c.domain_id == domain_id if domain_id else sa.true()
    return _select(store, condition, reports=reports)


def _select(store: Store, condition: sa.ColumnElement[bool], *, reports: bool = True) -> list[Evaluation]:
    table, jobs = schema.evaluations, schema.jobs
    columns = [table.c[name] for name in Evaluation.__dataclass_fields__ if name not in ("status", "report")]
    report = table.c.report if reports else table.c.report["verdict"]
    statement = (
        sa.select(*columns, jobs.c.status, report.label("content"), table.c.report.is_not(None).label("done"))
        .join(jobs, jobs.c.id == table.c.job_id)
        .where(condition)
        .order_by(table.c.number.desc())
    )
    with store.database.read() as connection:
        rows = [dict(row) for row in connection.execute(statement).mappings()]
    found = []
    for row in rows:
        content, done = row.pop("content"), row.pop("done")
        found.append(Evaluation(**row, report=content if reports or not done else {"verdict": content}))
    return found
