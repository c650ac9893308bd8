"""Data sets and their examples."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from store.datasets import Dataset, Example
from store.json_values import Json


class DatasetObject(BaseModel):
    """A data set. `tainted` and `outdated` count examples that are no longer used; `warnings` are of its import."""

    id: str
    object: Literal["dataset"] = "dataset"
    domain: str
    name: str
    kind: Literal["qa", "chat", "preference", "triplets", "retrieval", "text"]
    origin: Literal["human", "synthetic", "feedback"]
    counts: dict[str, int]
    splits: list[str]
    tainted: int
    outdated: int
    warnings: list[str]
    created_at: int

    @classmethod
    def of(cls, dataset: Dataset, domain: str) -> DatasetObject:
        """Return the object of a record."""
        return cls(
            id=dataset.id,
            domain=domain,
            name=dataset.name,
            kind=dataset.kind,
            origin=dataset.origin,
            counts=dataset.splits,
            splits=sorted(dataset.splits),
            tainted=dataset.tainted,
            outdated=dataset.outdated,
            warnings=dataset.warnings,
            created_at=dataset.created_at,
        )


class ExampleObject(BaseModel):
    """An example of a data set; `documents` maps the ids of those that it came from to their versions."""

    key: str
    split: str
    content: dict[str, Json]
    documents: dict[str, int]
    flag: str | None

    @classmethod
    def of(cls, example: Example) -> ExampleObject:
        """Return the object of a record."""
        return cls(
            key=example.key,
            split=example.split,
            content=example.content.as_json() if example.content else {},
            documents=dict(example.documents),
            flag=example.flag,
        )
