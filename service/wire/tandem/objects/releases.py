"""Releases."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from store.json_values import Json, JsonObject
from store.releases import Release


class ReleaseObject(BaseModel):
    """An immutable release; its id is the hash of its domain and manifest."""

    id: str
    object: Literal["release"] = "release"
    domain: str
    manifest: dict[str, Json]
    active: bool
    created_at: int

    @classmethod
    def of(cls, release: Release[JsonObject], domain: str) -> ReleaseObject:
        """Return the object of a record."""
        return cls(
            id=release.id,
            domain=domain,
            manifest=dict(release.manifest),
            active=release.active,
            created_at=release.created_at,
        )
