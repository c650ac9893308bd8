"""The registered models of releases by the role that each plays, and whether they may serve.

A release is guarded by all of its models alike: one that was deleted, is damaged or learned from a deleted document
keeps it from becoming active, whatever its role. What a manifest names beside them, such as a model that ships with
Tandem, is not in the registry and not here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias, get_args

import sqlalchemy as sa

from store import schema
from store.errors import ConflictError, DamagedError
from store.folder import check_published
from store.store import Store

Role = Literal["adapter", "reranker", "query_encoder", "passage_encoder"]
ROLES: tuple[Role, ...] = get_args(Role)
Models: TypeAlias = Mapping[Role, str]  # ids of registered models
NO_MODELS: Models = MappingProxyType({})


def add_models(connection: sa.Connection, release_id: str, models: Models) -> None:
    """Note the models of a release that was inserted in the same transaction."""
    rows = [{"release_id": release_id, "role": role, "model_id": model_id} for role, model_id in models.items()]
    if rows:
        connection.execute(schema.release_models.insert(), rows)


def models_of(connection: sa.Connection, release_id: str | None) -> dict[Role, str]:
    """Return the models of a release, in the order of `ROLES`."""
    table = schema.release_models.c
    rows = connection.execute(sa.select(table.role, table.model_id).where(table.release_id == release_id))
    found = {row.role: row.model_id for row in rows}
    return {role: found[role] for role in ROLES if role in found}


def is_used(connection: sa.Connection, model_id: str, release_ids: Iterable[str]) -> bool:
    """Return whether one of the releases uses a model."""
    table = schema.release_models.c
    users = sa.select(table.role).where(table.model_id == model_id, table.release_id.in_(list(release_ids)))
    return connection.execute(users).first() is not None


def check_registered(connection: sa.Connection, release_id: str, *, forced: bool) -> None:
    """Raise `ConflictError` if a model of the release was deleted, or is tainted and `forced` is false."""
    table = schema.models.c
    for role, model_id in models_of(connection, release_id).items():
        flags = connection.scalar(sa.select(table.flags).where(table.id == model_id))
        if flags is None:
            raise _refused(role, model_id, "of this release was deleted.", "missing")
        if "tainted" in flags and not forced:
            reason = "learned from a document that was deleted. Tune again, or promote with force."
            raise _refused(role, model_id, reason, "tainted")


def check_files(store: Store, release_id: str) -> None:
    """Raise `ConflictError` unless the files of the release's models are whole; outside of any transaction.

    One that is not there is passed over: `check_registered` says so.
    """
    table = schema.models.c
    with store.database.read() as connection:
        models = models_of(connection, release_id)
        statement = sa.select(table.id, table.path, table.sha256).where(table.id.in_(models.values()))
        places = {row.id: row for row in connection.execute(statement)}
    for role, model_id in models.items():
        if model_id not in places:
            continue
        try:
            check_published(store.folder.root / places[model_id].path, places[model_id].sha256)
        except (DamagedError, OSError, ValueError) as error:
            reason = error.message if isinstance(error, DamagedError) else "Its files cannot be read."
            message = f"is damaged and cannot serve: {reason} Put it back from a backup, or tune again."
            raise _refused(role, model_id, message, "damaged") from error


def set_states(connection: sa.Connection, before: str | None, after: str) -> None:
    """Set the state of the models when a domain moves from one release to another; what both use stays released."""
    table = schema.models
    for release_id, state in ((before, "archived"), (after, "released")):
        named = list(models_of(connection, release_id).values())
        connection.execute(table.update().where(table.c.id.in_(named)).values(state=state))


def _refused(role: Role, model_id: str, reason: str, state: str) -> ConflictError:
    return ConflictError(f"The {role.replace('_', ' ')} {model_id} {reason}", code=f"{role}_{state}")
