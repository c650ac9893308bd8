"""Domains: isolated spaces, each pointing to the release it serves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from store import schema
from store.erasure import finish_deletion
from store.errors import ConflictError, NotFoundError
from store.ids import check_domain_name, new_id
from store.json_values import JsonObject
from store.release_models import NO_MODELS, Models
from store.releases import add_release, record_promotion
from store.removals import blob_path, note_removals
from store.shrinking import shrink_domain
from store.store import Store, now


@dataclass(frozen=True)
class Domain:
    """A domain. `release` is the id of the active release."""

    id: str
    name: str
    description: str
    metadata: JsonObject
    release: str
    created_at: int


@dataclass(frozen=True)
class DomainSize:
    """How much a domain holds."""

    documents: int
    passages: int


def create_domain(
    store: Store,
    name: str,
    manifest: JsonObject,
    description: str = "",
    metadata: JsonObject | None = None,
    models: Models = NO_MODELS,
) -> Domain:
    """Create a domain that serves a release of `manifest` with its `models`; `ConflictError` if the name is taken."""
    check_domain_name(name)
    domain_id = new_id("dom")
    with store.database.write() as connection:
        if connection.scalar(sa.select(schema.domains.c.id).where(schema.domains.c.name == name)):
            raise ConflictError(f"The domain {name!r} exists already.", code="domain_exists", param="name")
        values = {"id": domain_id, "name": name, "description": description, "metadata": dict(metadata or {})}
        connection.execute(schema.domains.insert().values(**values, created_at=now()))
        release_id = add_release(connection, domain_id, manifest, models)
        record_promotion(connection, domain_id, release_id, kind="promote", forced=False, reason="first release")
    return get_domain(store, name)


def get_domain(store: Store, name: str) -> Domain:
    """Return the domain of that name or raise `NotFoundError`."""
    for domain in _select(store, schema.domains.c.name == name):
        return domain
    raise NotFoundError(f"There is no domain {name[:80]!r}.", code="domain_not_found", param="domain")


def domain_of(store: Store, domain_id: str) -> Domain:
    """Return the domain of that id or raise `NotFoundError`."""
    for domain in _select(store, schema.domains.c.id == domain_id):
        return domain
    raise NotFoundError(f"There is no domain {domain_id!r}.", code="domain_not_found", param="domain")


def list_domains(store: Store) -> list[Domain]:
    """Return all domains, ordered by name."""
    return _select(store, sa.true())


def update_domain(
    store: Store, name: str, description: str | None = None, metadata: JsonObject | None = None
) -> Domain:
    """Change what is given and return the domain."""
    values: dict[str, object] = {}
    if description is not None:
        values["description"] = description
    if metadata is not None:
        values["metadata"] = dict(metadata)
    if values:
        with store.database.write() as connection:
            connection.execute(schema.domains.update().where(schema.domains.c.name == name).values(**values))
    return get_domain(store, name)


def delete_domain(store: Store, name: str) -> Domain:
    """Delete a domain with everything in it and return what it was; `ConflictError` while a job of it runs."""
    domain = get_domain(store, name)
    passages, models = schema.passages, schema.models.c
    originals = (
        sa.select(schema.versions.c.sha256)
        .join(schema.documents, schema.documents.c.id == schema.versions.c.document_id)
        .where(schema.documents.c.domain_id == domain.id)
    )
    indexes = sa.select(schema.checkpoints.c.name).where(schema.checkpoints.c.domain_id == domain.id)
    with store.database.read() as connection:
        _check_idle(connection, domain)
    shrink_domain(store, domain.id)
    with store.database.write(frees=True) as connection:
        _check_idle(connection, domain)
        files = [*map(blob_path, connection.scalars(originals))]
        files += connection.scalars(sa.select(models.path).where(models.domain_id == domain.id))
        files += [f"indexes/{name}" for name in connection.scalars(indexes)]
        connection.execute(passages.delete().where(passages.c.domain_id == domain.id))
        for table in (schema.promotions, schema.texts):
            connection.execute(table.delete().where(table.c.domain_id == domain.id))
        connection.execute(schema.domains.delete().where(schema.domains.c.id == domain.id))
        note_removals(connection, files)
    finish_deletion(store)
    return domain


def _check_idle(connection: sa.Connection, domain: Domain) -> None:
    jobs = schema.jobs.c
    running = connection.scalar(sa.select(jobs.id).where(jobs.domain_id == domain.id, jobs.status == "running"))
    if running:
        raise ConflictError(
            f"The domain {domain.name!r} has the running job {running}: cancel it first.",
            code="domain_busy",
            final=False,
            param="domain",
        )


def domain_sizes(store: Store, domains: Sequence[Domain]) -> list[DomainSize]:
    """Return the sizes of the domains in their order; counting takes milliseconds for tens of thousands of passages."""
    counts: list[dict[str, int]] = []
    with store.database.read() as connection:
        for table in (schema.documents, schema.passages):
            statement = sa.select(table.c.domain_id, sa.func.count()).group_by(table.c.domain_id)
            if len(domains) == 1:
                statement = statement.where(table.c.domain_id == domains[0].id)
            counts.append({row[0]: row[1] for row in connection.execute(statement)})
    documents, passages = counts
    return [DomainSize(documents.get(domain.id, 0), passages.get(domain.id, 0)) for domain in domains]


def _select(store: Store, condition: sa.ColumnElement[bool]) -> list[Domain]:
    table = schema.domains
    with store.database.read() as connection:
        rows = connection.execute(sa.select(table).where(condition).order_by(table.c.name)).mappings().all()
    return [
        Domain(**{key: value for key, value in row.items() if key != "release_id"}, release=row["release_id"])
        for row in rows
    ]
