"""Keys."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from store.keys import Key, Rights, told


class ApiKeyObject(BaseModel):
    """A key without its secret; `domain` is null for one of all domains."""

    id: str
    object: Literal["key"] = "key"
    name: str
    access: Rights
    domain: str | None
    created_at: int
    last_used_at: int | None
    revoked_at: int | None

    @classmethod
    def of(cls, key: Key) -> ApiKeyObject:
        """Return the object of a key."""
        return cls.model_validate(told(key))


class NewApiKeyObject(ApiKeyObject):
    """A key that was just made, with what clients send: it is shown this once."""

    key: str

    @classmethod
    def made(cls, key: Key, written: str) -> NewApiKeyObject:
        """Return the object of a new key."""
        return cls.model_validate({**told(key), "key": written})
