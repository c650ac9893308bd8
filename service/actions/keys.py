"""Keys: making one, listing them, ending one."""

from __future__ import annotations

import dataclasses

from service.runtime import Runtime
from store.domains import get_domain
from store.keys import Key, Rights, create_key, list_keys, revoke_key


def create(runtime: Runtime, name: str, access: Rights, domain: str | None) -> tuple[Key, str]:
    """Make a key, which is in force at once, and return it with what clients send; None is one of all domains."""
    domain_id = get_domain(runtime.store, domain).id if domain is not None else None
    made = create_key(runtime.store, name, access, domain_id)
    runtime.keys.reload()
    return made


def find(runtime: Runtime) -> list[Key]:
    """Return all keys, the oldest first."""
    keys = runtime.keys
    return [dataclasses.replace(key, last_used_at=keys.last_used(key)) for key in list_keys(runtime.store)]


def revoke(runtime: Runtime, name_or_id: str) -> Key:
    """End a key: no request that begins after this returns gets in with it."""
    ended = revoke_key(runtime.store, name_or_id)
    runtime.keys.reload()
    return ended
