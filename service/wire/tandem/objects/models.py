"""Models of the registry."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from store.json_values import Json
from store.models import Metrics, Model

ModelKind = Literal["base", "adapter", "embedder", "reranker"]


class ModelObject(BaseModel):
    """A registered model."""

    id: str
    object: Literal["model"] = "model"
    kind: ModelKind
    domain: str | None
    base: str | None
    parent: str | None
    state: Literal["candidate", "released", "archived"]
    flags: list[str]
    lineage: dict[str, Json]
    metrics: Metrics
    created_at: int

    @classmethod
    def of(cls, model: Model, domain: str | None) -> ModelObject:
        """Return the object of a record."""
        return cls(
            id=model.id,
            kind=model.kind,
            domain=domain,
            base=model.base,
            parent=model.parent,
            state=model.state,
            flags=model.flags,
            lineage=model.lineage.as_json(),
            metrics=model.metrics,
            created_at=model.created_at,
        )
