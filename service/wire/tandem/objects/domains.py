"""Domains."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from store.domains import Domain, DomainSize
from store.json_values import Json


class DomainObject(BaseModel):
    """An isolated space."""

    id: str
    object: Literal["domain"] = "domain"
    name: str
    description: str
    metadata: dict[str, Json]
    release: str
    documents: int
    passages: int
    created_at: int

    @classmethod
    def of(cls, domain: Domain, size: DomainSize) -> DomainObject:
        """Return the object of a record."""
        return cls(
            id=domain.id,
            name=domain.name,
            description=domain.description,
            metadata=domain.metadata,
            release=domain.release,
            documents=size.documents,
            passages=size.passages,
            created_at=domain.created_at,
        )
