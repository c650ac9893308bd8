"""Filters over documents, in the shape of OpenAI's vector store filters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Protocol

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from store import schema
from store.store import Store

Scalar = str | int | float | bool


class Comparison(BaseModel):
    """Compare one attribute of a document: a key of its metadata, or `external_id`, `title`, `created_at`."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin"]
    key: str = Field(max_length=64)
    value: Scalar | list[Scalar]

    def matches(self, attributes: dict[str, Any]) -> bool:
        """Return whether a document with these attributes passes; a missing key passes only `ne` and `nin`."""
        actual = attributes.get(self.key)
        if self.type in ("in", "nin"):
            values = self.value if isinstance(self.value, list) else [self.value]
            return any(_equal(actual, value) for value in values) == (self.type == "in")
        if self.type in ("eq", "ne"):
            return _equal(actual, self.value) == (self.type == "eq")
        return _ordered(self.type, actual, self.value)


class Compound(BaseModel):
    """Combine filters."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["and", "or"]
    filters: list[Annotated[Comparison | Compound, Field(discriminator="type")]] = Field(min_length=1, max_length=100)

    def matches(self, attributes: dict[str, Any]) -> bool:
        """Return whether a document with these attributes passes."""
        passes = (each.matches(attributes) for each in self.filters)
        return all(passes) if self.type == "and" else any(passes)


Filter = Annotated[Comparison | Compound, Field(discriminator="type")]


class _Document(Protocol):
    @property
    def external_id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def created_at(self) -> int: ...


def attributes(metadata: Mapping[str, Any], document: _Document) -> dict[str, Any]:
    """Return what a filter sees of a document: its metadata, and over them external id, title and time of creation."""
    own = {"external_id": document.external_id, "title": document.title, "created_at": document.created_at}
    return {**metadata, **own}


def allowed_texts(store: Store, domain_id: str, passage_set: str, condition: Filter) -> tuple[set[int], set[str]]:
    """Return the ids of the texts that some passing document owns, and the ids of the passing documents."""
    documents, passages = schema.documents.c, schema.passages.c
    own = (documents.id, documents.external_id, documents.title, documents.created_at, documents.metadata)
    owned = sa.select(passages.document_id, passages.text_id).where(passages.domain_id == domain_id)
    with store.database.read() as connection:
        rows = connection.execute(sa.select(*own).where(documents.domain_id == domain_id)).all()
        passing = {row.id for row in rows if condition.matches(attributes(row.metadata, row))}
        pairs = connection.execute(owned.where(passages.passage_set == passage_set)).all()
    return {text_id for document_id, text_id in pairs if document_id in passing}, passing


def _equal(actual: Any, value: Any) -> bool:
    """Return whether two values are equal and alike: in Python, but in no metadata, 1 is true."""
    return isinstance(actual, bool) == isinstance(value, bool) and bool(actual == value)


def _ordered(operator: str, actual: Any, value: Any) -> bool:
    numbers = all(isinstance(side, int | float) for side in (actual, value))
    if not numbers and not (isinstance(actual, str) and isinstance(value, str)):
        return False
    if operator in ("gt", "gte"):
        return bool(actual > value or (operator == "gte" and actual == value))
    return bool(actual < value or (operator == "lte" and actual == value))
