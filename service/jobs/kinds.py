"""The kinds of jobs: ONE table. A new kind is a module beside this one, which makes its row, and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from service.jobs.draft import DRAFT
from service.jobs.evaluate import EVALUATE
from service.jobs.ingest import INGEST
from service.jobs.kind import JobKind
from service.jobs.tune_generator import TUNE_GENERATOR
from store.jobs import Job
from store.json_values import JsonObject
from store.store import Store

_ROWS = (
    INGEST,
    TUNE_GENERATOR,
    EVALUATE,
    DRAFT,
)
KINDS: Mapping[str, JobKind] = MappingProxyType({row.name: row for row in _ROWS})


def queue_job(store: Store, kind: str, domain_id: str, given: JsonObject) -> Job:
    """Check the parameters that a client sent and queue the job, or return one that waits and does the same work."""
    row = KINDS[kind]
    return row.insert(store, kind, domain_id, row.check(store, domain_id, given))
