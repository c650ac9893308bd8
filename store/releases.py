"""Releases: immutable manifests, and the pointer of a domain that promotion and rollback move.

The pointer and the log of promotions change in one transaction, so a domain points to exactly one release at any time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Generic, TypeVar

import sqlalchemy as sa

from store import schema
from store.database import Prepared
from store.errors import ConflictError, NotFoundError
from store.ids import hashed_id
from store.json_values import JsonObject
from store.release_models import NO_MODELS, Models, add_models, check_files, check_registered, set_states
from store.store import Store, now

M = TypeVar("M")


@dataclass(frozen=True)
class Release(Generic[M]):
    """A release. Its id is the hash of its domain and manifest; `active` says whether the domain points to it.

    The store reads and writes manifests as JSON and knows only the models in them; who serves a release checks it.
    """

    id: str
    domain_id: str
    manifest: M
    created_at: int
    active: bool


_SERVED = Prepared(
    sa.select(*(schema.releases.c[name] for name in Release.__dataclass_fields__ if name != "active"))
    .join_from(schema.domains, schema.releases, schema.domains.c.release_id == schema.releases.c.id)
    .where(schema.domains.c.name == sa.bindparam("domain"))
)


def add_release(connection: sa.Connection, domain_id: str, manifest: JsonObject, models: Models) -> str:
    """Insert the release with its models by role unless it exists and return its id."""
    release_id = hashed_id("rel", {"domain": domain_id, "manifest": manifest})
    table = schema.releases
    if not connection.scalar(sa.select(table.c.id).where(table.c.id == release_id)):
        values = {"id": release_id, "domain_id": domain_id, "manifest": dict(manifest), "created_at": now()}
        connection.execute(table.insert().values(values))
        add_models(connection, release_id, models)
    return release_id


def create_release(
    store: Store, domain_id: str, manifest: JsonObject, models: Models = NO_MODELS
) -> Release[JsonObject]:
    """Store a release of `manifest` and return it; an equal one is returned as it is.

    `models` are the registered models that the manifest names, by role: all that keeps them from being deleted,
    damaged or tainted unnoticed.
    """
    with store.database.write() as connection:
        release_id = add_release(connection, domain_id, manifest, models)
    return get_release(store, release_id)


def get_release(store: Store, release_id: str) -> Release[JsonObject]:
    """Return the release or raise `NotFoundError`."""
    for release in _select(store, schema.releases.c.id == release_id):
        return release
    raise NotFoundError(f"There is no release {release_id[:80]!r}.", code="release_not_found", param="release")


def active_release(store: Store, domain_id: str) -> Release[JsonObject]:
    """Return the release that the domain serves."""
    for release in _select(
        store, schema.domains.c.id == domain_id, schema.domains.c.release_id == schema.releases.c.id
    ):
        return release
    raise NotFoundError(f"The domain {domain_id!r} has no release.", code="release_not_found", param="domain")


def served_release(store: Store, domain: str) -> Release[JsonObject]:
    """Return the release that the domain of that name serves or raise `NotFoundError`; one look for each request."""
    for key, domain_id, manifest, created_at in store.database.fetch(_SERVED, domain=domain):
        return Release(key, domain_id, json.loads(manifest), created_at, active=True)
    raise NotFoundError(f"There is no domain {domain[:80]!r}.", code="domain_not_found", param="domain")


def served_releases(store: Store) -> list[tuple[str, Release[JsonObject]]]:
    """Return the name of every domain with the release that it serves, ordered by name."""
    domains, releases = schema.domains, schema.releases
    statement = (
        sa.select(domains.c.name, releases.c.id, releases.c.domain_id, releases.c.manifest, releases.c.created_at)
        .join(releases, releases.c.id == domains.c.release_id)
        .order_by(domains.c.name)
    )
    with store.database.read() as connection:
        return [(row[0], Release(*row[1:], active=True)) for row in connection.execute(statement)]


def list_releases(store: Store, domain_id: str) -> list[Release[JsonObject]]:
    """Return the domain's releases, newest first."""
    return _select(store, schema.releases.c.domain_id == domain_id)


def promote(
    store: Store, release_id: str, *, forced: bool, reason: str, instead_of: str | None = None
) -> Release[JsonObject]:
    """Make the release the active one of its domain.

    Raises `ConflictError` if one of its models is tainted and `forced` is false, if a model was deleted or damaged, or
    if the active release is not `instead_of`, the one it was judged against. Promoting the active release does nothing.
    """
    if not get_release(store, release_id).active:
        check_files(store, release_id)
    with store.database.write() as connection:
        row = (
            connection.execute(sa.select(schema.releases).where(schema.releases.c.id == release_id)).mappings().first()
        )
        if row is None:
            raise NotFoundError(f"There is no release {release_id[:80]!r}.", code="release_not_found", param="release")
        history = promotion_stack(connection, row["domain_id"])
        if history[-1] != release_id:
            if instead_of not in (None, history[-1]):
                raise ConflictError(f"{history[-1]} became active meanwhile; judge again.", code="release_changed")
            check_registered(connection, release_id, forced=forced)
            record_promotion(connection, row["domain_id"], release_id, kind="promote", forced=forced, reason=reason)
    return get_release(store, release_id)


def rollback(store: Store, domain_id: str) -> Release[JsonObject]:
    """Return the domain to the release that was active before.

    Raises `ConflictError` if there is none or if a model of it was deleted or damaged. A tainted one does not hold it
    up.
    """
    with store.database.read() as connection:
        before = promotion_stack(connection, domain_id)[-2:-1]
    for release_id in before:
        check_files(store, release_id)
    with store.database.write() as connection:
        history = promotion_stack(connection, domain_id)
        if len(history) < 2:
            raise ConflictError("There is no earlier release to roll back to.", code="no_earlier_release")
        check_registered(connection, history[-2], forced=True)
        record_promotion(connection, domain_id, history[-2], kind="rollback", forced=False, reason="")
    return active_release(store, domain_id)


def rollback_target(store: Store, domain_id: str) -> Release[JsonObject] | None:
    """Return the release that a rollback would return to, None if there is none."""
    with store.database.read() as connection:
        history = promotion_stack(connection, domain_id)
    return get_release(store, history[-2]) if len(history) > 1 else None


def record_promotion(
    connection: sa.Connection, domain_id: str, release_id: str, *, kind: str, forced: bool, reason: str
) -> None:
    """Move the pointer, log the move and set the state of the models involved."""
    domains = schema.domains
    pointer = sa.select(domains.c.release_id).where(domains.c.id == domain_id)
    previous = connection.scalar(pointer)
    connection.execute(
        schema.promotions.insert().values(
            domain_id=domain_id,
            release_id=release_id,
            kind=kind,
            forced=forced,
            reason=reason,
            created_at=now(),
        )
    )
    connection.execute(domains.update().where(domains.c.id == domain_id).values(release_id=release_id))
    set_states(connection, previous, release_id)


def promotion_stack(connection: sa.Connection, domain_id: str) -> list[str]:
    """Return the stack of promoted releases, the active one last; a rollback has taken its release off."""
    table = schema.promotions
    rows = connection.execute(
        sa.select(table.c.kind, table.c.release_id).where(table.c.domain_id == domain_id).order_by(table.c.seq)
    )
    stack: list[str] = []
    for kind, release_id in rows:
        if kind == "rollback":
            stack.pop()
        else:
            stack.append(release_id)
    return stack


def _select(store: Store, *conditions: sa.ColumnElement[bool]) -> list[Release[JsonObject]]:
    releases, domains = schema.releases, schema.domains
    statement = (
        sa.select(
            *(column for column in releases.c if column.name != "number"),
            (domains.c.release_id == releases.c.id).label("active"),
        )
        .join(domains, domains.c.id == releases.c.domain_id)
        .where(*conditions)
        .order_by(releases.c.number.desc())
    )
    with store.database.read() as connection:
        rows = connection.execute(statement).mappings().all()
    return [Release(**{**row, "active": bool(row["active"])}) for row in rows]
