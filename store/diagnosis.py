"""What of a store is not as it should be: pages that cannot be read, documents that were given up, work that waits."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from store import schema
from store.store import Store


@dataclass(frozen=True)
class GivenUp:
    """A document that no search can find, and why: its status is `failed` or `quarantined`."""

    domain: str
    id: str
    external_id: str
    status: str
    code: str
    message: str


@dataclass(frozen=True)
class Waiting:
    """How many jobs of a kind wait and run in a domain."""

    domain: str
    kind: str
    queued: int
    running: int


@dataclass(frozen=True)
class Stale:
    """A model or a data set that learned from documents that were deleted (tainted) or replaced (outdated) since.

    Of a data set, `tainted` and `outdated` count examples; of a model they are 1 or 0.
    """

    domain: str
    kind: str  # model, dataset
    id: str
    name: str
    tainted: int
    outdated: int


def probe(store: Store) -> None:
    """Read the first and the last row of every table; what keeps them from being read is raised as a `TandemError`."""
    store.database.backend.read_ends(table.name for table in schema.metadata.sorted_tables)


def damaged_tables(store: Store) -> set[str] | None:
    """Return the names of the tables with pages that are damaged, those of their indexes included.

    None if even that cannot be told. It reads the whole database: some milliseconds per ten megabytes.
    """
    return store.database.backend.damaged_tables()


def given_up(store: Store, limit: int) -> tuple[int, list[GivenUp]]:
    """Return how many documents have failed or are quarantined, and the newest of them."""
    documents, domains = schema.documents.c, schema.domains.c
    hit = documents.status.in_(("failed", "quarantined"))
    columns = (domains.name, documents.id, documents.external_id, documents.status, documents.error)
    newest = (
        sa.select(*columns)
        .join(schema.domains, domains.id == documents.domain_id)
        .where(hit)
        .order_by(documents.number.desc())
        .limit(limit)
    )
    with store.database.read() as connection:
        count = connection.scalar(sa.select(sa.func.count()).select_from(schema.documents).where(hit)) or 0
        rows = connection.execute(newest).all()
    return count, [GivenUp(*row[:4], **_reason(row[4])) for row in rows]


def stale_learners(store: Store) -> list[Stale]:
    """Return the models and data sets that learned from documents that are not there any more, or not so any more."""
    models, datasets, examples = schema.models.c, schema.datasets.c, schema.examples.c
    of_domain = schema.domains.c.id
    learned = (
        sa.select(schema.domains.c.name, models.id, models.kind, models.flags)
        .join(schema.domains, of_domain == models.domain_id)
        .order_by(models.number)
    )
    counts = [sa.func.count().filter(examples.flag == flag) for flag in ("tainted", "outdated")]
    asked = (
        sa.select(schema.domains.c.name, datasets.id, datasets.name, *counts)
        .join(schema.domains, of_domain == datasets.domain_id)
        .join(schema.examples, examples.dataset_id == datasets.id)
        .where(examples.flag.is_not(None))
        .group_by(schema.domains.c.name, datasets.id, datasets.name)
        .order_by(datasets.id)
    )
    with store.database.read() as connection:
        found = [
            Stale(domain, "model", key, kind, int("tainted" in flags), int("outdated" in flags))
            for domain, key, kind, flags in connection.execute(learned)
            if flags
        ]
        return found + [Stale(row[0], "dataset", *row[1:]) for row in connection.execute(asked)]


def document_counts(store: Store) -> dict[str, dict[str, int]]:
    """Return for each domain id how many of its documents have each status."""
    documents = schema.documents.c
    counted = sa.select(documents.domain_id, documents.status, sa.func.count()).group_by(
        documents.domain_id, documents.status
    )
    found: dict[str, dict[str, int]] = {}
    with store.database.read() as connection:
        for domain_id, status, count in connection.execute(counted):
            found.setdefault(domain_id, {})[status] = count
    return found


def waiting_jobs(store: Store) -> list[Waiting]:
    """Return which jobs wait and run, by domain and kind."""
    jobs, domains = schema.jobs.c, schema.domains.c
    counts = [sa.func.count().filter(jobs.status == status) for status in ("queued", "running")]
    statement = (
        sa.select(domains.name, jobs.kind, *counts)
        .join(schema.domains, domains.id == jobs.domain_id)
        .where(jobs.status.in_(("queued", "running")))
        .group_by(domains.name, jobs.kind)
        .order_by(domains.name, jobs.kind)
    )
    with store.database.read() as connection:
        return [Waiting(*row) for row in connection.execute(statement)]


def _reason(error: object) -> dict[str, str]:
    known = error if isinstance(error, dict) else {}
    return {"code": str(known.get("code", "unknown")), "message": str(known.get("message", ""))}
