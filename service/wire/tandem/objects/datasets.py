"""Data sets and their examples."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from service.actions.datasets import Checked
from store.datasets import Dataset, Example
from store.json_values import Json


class DatasetObject(BaseModel):
    """A data set. `tainted` and `outdated` count examples that are no longer used; `warnings` are of its import.

    `drafts` are examples that were drafted and that nobody has looked at yet.
    """

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
    drafts: int
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
            drafts=dataset.drafts,
            warnings=dataset.warnings,
            created_at=dataset.created_at,
        )


class ExampleObject(BaseModel):
    """An example of a data set; `documents` maps the ids of those that it came from to their versions.

    `spans` says for some of them where in that version the answer stands: characters `[start, end)` of its text.
    `review` is null for what people wrote; a `draft` is `kept` or `edited` once somebody has looked at it.
    """

    key: str
    split: str
    content: dict[str, Json]
    documents: dict[str, int]
    spans: dict[str, list[tuple[int, int]]]
    flag: str | None
    review: Literal["draft", "kept", "edited"] | None

    @classmethod
    def of(cls, example: Example) -> ExampleObject:
        """Return the object of a record."""
        return cls(
            key=example.key,
            split=example.split,
            content=example.content.as_json() if example.content else {},
            documents=dict(example.documents),
            spans={document: list(places) for document, places in example.spans.items()},
            flag=example.flag,
            review=example.review,
        )


class FindingObject(BaseModel):
    """Something that looks wrong: which kind of it, a sentence, and the keys of the examples."""

    kind: str
    message: str
    examples: list[str]


class LeakObject(BaseModel):
    """A training example, by its key, that gives away what is measured with, and a sentence that names both."""

    example: str
    message: str


class CheckObject(BaseModel):
    """What looks wrong in a data set. With leaks nothing is trained, unless these are dropped."""

    object: Literal["dataset.check"] = "dataset.check"
    dataset: str
    findings: list[FindingObject]
    leaks: list[LeakObject]

    @classmethod
    def of(cls, checked: Checked) -> CheckObject:
        """Return the object of what was found."""
        return cls(
            dataset=checked.dataset.id,
            findings=[
                FindingObject(kind=each.kind, message=str(each), examples=each.examples) for each in checked.suspects
            ],
            leaks=[LeakObject(example=each.key, message=each.said) for each in checked.leaks],
        )
