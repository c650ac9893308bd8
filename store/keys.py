"""Keys: who may call a server, in which domain, and whether to change anything. Of a key itself only a hash is kept.

The secret of a key is 256 random bits. Nobody can try them all, so one fast hash is enough: what slow hashes such as
Argon2 are for is passwords, of which there are few, and they would let anyone keep this machine busy with wrong keys.
The hash is keyed with the id of the key, so that it opens nothing in the row of another.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import sqlalchemy as sa

from store import schema
from store.errors import ConflictError, InvalidInputError, NotFoundError
from store.ids import new_id
from store.json_values import JsonObject
from store.store import Store, get_property, now, set_property

Rights = Literal["read", "write"]
_REQUIRED = "keys"  # its name among the properties of the folder
_NAME = re.compile(r"(?!key_)[a-z0-9][a-z0-9_-]{0,62}")  # no name looks like an id
_WRITTEN = re.compile(r"tdm_([a-z0-9]{20})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True)
class Key:
    """A key without its secret; `domain` is the name of the only domain that it opens, None for all of them."""

    id: str
    name: str
    access: Rights
    domain_id: str | None
    domain: str | None
    digest: str
    created_at: int
    last_used_at: int | None
    revoked_at: int | None


def told(key: Key) -> JsonObject:
    """Return what anyone may be told of a key."""
    fields = ("id", "name", "access", "domain", "created_at", "last_used_at", "revoked_at")
    return {name: getattr(key, name) for name in fields}


def create_key(store: Store, name: str, access: Rights, domain_id: str | None = None) -> tuple[Key, str]:
    """Make a key and return it with what clients send, which is shown once: `tdm_…`.

    From then on a server of this folder asks for a key. Raises `ConflictError` if a key of that name is in force.
    """
    if _NAME.fullmatch(name) is None:
        raise InvalidInputError(
            f"The name {name[:80]!r} is not allowed for a key: use 1 to 63 of a-z, 0-9, '_' and '-', "
            "beginning with a letter or a digit, and not with 'key_'.",
            code="invalid_key_name",
            param="name",
        )
    if access not in get_args(Rights):
        raise InvalidInputError(f"A key reads or writes, not {access[:80]!r}: use read or write.", param="access")
    key_id, secret = new_id("key"), secrets.token_urlsafe(32)
    values = {"id": key_id, "name": name, "access": access, "domain_id": domain_id, "digest": digest_of(key_id, secret)}
    with store.database.write() as connection:
        table = schema.keys.c
        if connection.scalar(sa.select(table.id).where(table.name == name, table.revoked_at.is_(None))):
            message = f"There is a key {name!r} already: revoke it first, or take another name."
            raise ConflictError(message, code="key_exists", param="name")
        if domain_id is not None and not connection.scalar(
            sa.select(schema.domains.c.id).where(schema.domains.c.id == domain_id)
        ):
            raise NotFoundError("The domain was deleted.", code="domain_not_found", param="domain")
        connection.execute(schema.keys.insert().values(**values, created_at=now()))
        set_property(connection, _REQUIRED, "required")
    return get_key(store, key_id), f"tdm_{key_id.removeprefix('key_')}_{secret}"


def list_keys(store: Store) -> list[Key]:
    """Return all keys, those that were revoked too, the oldest first."""
    return _select(store, sa.true())


def get_key(store: Store, name_or_id: str) -> Key:
    """Return a key by its id, or the one in force by its name; `NotFoundError` if there is none."""
    table = schema.keys.c
    named = sa.and_(table.name == name_or_id, table.revoked_at.is_(None))
    for key in _select(store, sa.or_(table.id == name_or_id, named)):
        return key
    raise NotFoundError(f"There is no key {name_or_id[:80]!r}.", code="key_not_found", param="key")


def revoke_key(store: Store, name_or_id: str) -> Key:
    """End a key for good; one that was revoked before stays as it is."""
    found = get_key(store, name_or_id)
    table = schema.keys
    ended = table.update().where(table.c.id == found.id, table.c.revoked_at.is_(None)).values(revoked_at=now())
    with store.database.write(frees=True) as connection:  # a full disk must not keep a stolen key in force
        connection.execute(ended)
    return get_key(store, found.id)


def note_used(store: Store, used: Mapping[str, int]) -> None:
    """Write when keys were used last: Unix time by id."""
    if not used:
        return
    table = schema.keys
    values = [{"key": key, "at": at} for key, at in used.items()]
    update = table.update().where(table.c.id == sa.bindparam("key")).values(last_used_at=sa.bindparam("at"))
    with store.database.write() as connection:
        connection.execute(update, values)


def keys_required(store: Store) -> bool:
    """Return whether a key was ever made. It stays so when the last one is revoked or goes with its domain.

    Otherwise that would open the folder to everyone.
    """
    with store.database.read() as connection:
        return get_property(connection, _REQUIRED) is not None


def digest_of(key_id: str, secret: str) -> str:
    """Return what is kept of a secret: HMAC-SHA-256 with the id of its key, as 64 hexadecimal digits."""
    return hmac.new(key_id.encode(), secret.encode(), hashlib.sha256).hexdigest()


def parts_of(written: str) -> tuple[str, str] | None:
    """Return the id and the secret of a key as clients send it, None if it is none."""
    found = _WRITTEN.fullmatch(written)
    return (f"key_{found[1]}", found[2]) if found else None


def _select(store: Store, condition: sa.ColumnElement[bool]) -> list[Key]:
    table, domains = schema.keys, schema.domains
    columns = [
        domains.c.name.label("domain") if name == "domain" else table.c[name] for name in Key.__dataclass_fields__
    ]
    statement = (
        sa.select(*columns)
        .join_from(table, domains, domains.c.id == table.c.domain_id, isouter=True)
        .where(condition)
        .order_by(table.c.number)
    )
    with store.database.read() as connection:
        return [Key(**row) for row in connection.execute(statement).mappings()]
