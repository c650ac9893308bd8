"""The job kind `ingest`: every received document of a domain becomes searchable."""

from __future__ import annotations

from pydantic import BaseModel

from retriever.settings import RetrieverSettings
from service.jobs.kind import JobKind, Params
from store.attempts import try_again
from store.jobs import reuse_job
from store.json_values import JsonObject
from store.progress import Progress
from store.refusals import checked
from store.store import Store


class IngestParams(Params):
    """With `retry` documents that failed or are quarantined are tried anew."""

    retry: bool = False


class Ingested(BaseModel):
    """How many documents waited, how many of them failed, and how many of the domain are in quarantine.

    `recut` were searchable already and are cut anew, because an earlier version of Tandem had cut them.
    """

    documents: int
    failed: int
    quarantined: int
    recut: int = 0


def _check(store: Store, domain_id: str, given: JsonObject) -> JsonObject:
    if checked(IngestParams, given, "params").retry:
        try_again(store, domain_id)
    return {}  # so that one that waits is the same job for all who upload meanwhile


def _run(section: JsonObject, store: Store, progress: Progress) -> Ingested:
    from retriever.documents.ingest_job import run_ingest

    return Ingested.model_validate(run_ingest(RetrieverSettings.model_validate(section), store, progress))


INGEST = JobKind(
    "ingest",
    lane="ingest",
    section=lambda settings: settings.retriever,
    check=_check,
    insert=reuse_job,
    run=_run,
)
