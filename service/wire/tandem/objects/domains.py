"""Domains."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from service.actions.domains import Index
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


class IndexObject(BaseModel):
    """What the search index of a domain shows: so many texts, as of this change."""

    object: Literal["index"] = "index"
    domain: str
    index_seq: int
    texts: int

    @classmethod
    def of(cls, index: Index, domain: str) -> IndexObject:
        """Return the object of a record."""
        return cls(domain=domain, index_seq=index.seq, texts=index.texts)
