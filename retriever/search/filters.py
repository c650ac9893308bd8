"""Filters over documents, in the shape of OpenAI's vector store filters."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Annotated, Literal, Protocol, TypeGuard, TypeVar

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from store import schema
from store.database import batches
from store.json_sql import is_json, json_field, json_list
from store.json_values import Json, JsonObject
from store.store import Store

Scalar = str | int | float | bool | None
_EQUALITY = ("eq", "ne", "in", "nin")
_ORDER = ("gt", "gte", "lt", "lte")
_Comparable = TypeVar("_Comparable", int | float, str)
_PASSING = {"gt": (1,), "gte": (0, 1), "lt": (-1,), "lte": (-1, 0)}  # which orders of attribute and value
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_]+")  # others may be stored with escapes, which SQLite did not always resolve
_LARGEST = 200  # values of a filter that SQL sees; SQLite limits the depth of an expression


def _is_number(value: object) -> TypeGuard[int | float]:
    return (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, float) and math.isfinite(value)
    )


def _is_scalar(value: object) -> bool:
    return value is None or isinstance(value, str | bool) or _is_number(value)


_VALUES: tuple[tuple[tuple[str, ...], Callable[[object], bool], str], ...] = (
    (("eq", "ne"), _is_scalar, "a string, a finite number, true, false or null"),
    (_ORDER, lambda value: isinstance(value, str) or _is_number(value), "a string or a finite number"),
    (
        ("in", "nin"),
        lambda value: isinstance(value, list) and all(map(_is_scalar, value)),
        "a list of strings, finite numbers, true, false or null",
    ),
    (
        ("contains",),
        lambda value: isinstance(value, str | bool) or _is_number(value),
        "a string, a finite number, true or false",
    ),
)


class Comparison(BaseModel):
    """Compare one attribute of a document: a key of its metadata, or `external_id`, `title`, `created_at`.

    `eq` and `ne` take a string, a number, true, false or null; `gt`, `gte`, `lt` and `lte` a string or a number, and
    compare only with one of the same kind; `in` and `nin` take a list of what `eq` takes. `contains` asks whether a
    list has this value, or a string this part. No value equals one of another kind: 1 is neither true nor "1", and a
    list equals nothing. A key that a document does not have passes `ne` and `nin` alone; null is a value.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    type: Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "contains"]
    key: str = Field(max_length=64)
    value: Scalar | list[Scalar]

    @field_validator("value", mode="plain", json_schema_input_type=Scalar | list[Scalar])
    @classmethod
    def _check_value(cls, value: object, info: ValidationInfo) -> object:
        """Refuse what the operator cannot compare with, instead of finding nothing without a word."""
        operator = info.data.get("type", "eq")
        for operators, fits, wanted in _VALUES:
            if operator in operators and not fits(value):
                said: dict[str, object] = {"operator": operator, "wanted": wanted}
                raise PydanticCustomError("filter_value", "of {operator} must be {wanted}", said)
        return value

    def matches(self, attributes: JsonObject) -> bool:
        """Return whether a document with these attributes passes; a missing key passes only `ne` and `nin`."""
        known, actual = self.key in attributes, attributes.get(self.key)
        if self.type in _EQUALITY:
            values = self.value if isinstance(self.value, list) else [self.value]
            return (known and any(_equal(actual, value) for value in values)) == (self.type in ("eq", "in"))
        if self.type == "contains":
            return _contains(actual, self.value)
        return _ordered(self.type, actual, self.value)


class Compound(BaseModel):
    """Combine filters."""

    model_config = ConfigDict(extra="forbid", strict=True)

    type: Literal["and", "or"]
    filters: list[Annotated[Comparison | Compound, Field(discriminator="type")]] = Field(min_length=1, max_length=100)

    def matches(self, attributes: JsonObject) -> bool:
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


def attributes(metadata: JsonObject, document: _Document) -> JsonObject:
    """Return what a filter sees of a document: its metadata, and over them external id, title and time of creation."""
    own: JsonObject = {"external_id": document.external_id, "title": document.title, "created_at": document.created_at}
    return {**metadata, **own}


def allowed_texts(store: Store, domain_id: str, passage_set: str, condition: Filter) -> tuple[set[int], set[str]]:
    """Return the ids of the texts that some passing document owns, and the ids of the passing documents.

    The database leaves out what surely does not pass, so that few documents are read; `condition` judges the rest.
    """
    documents, passages = schema.documents.c, schema.passages.c
    own = (documents.id, documents.external_id, documents.title, documents.created_at, documents.metadata)
    candidates = sa.select(*own).where(documents.domain_id == domain_id)
    possible = _possible(condition) if _size(condition) <= _LARGEST else None
    if possible is not None:
        candidates = candidates.where(sa.case((is_json(documents.metadata), possible), else_=sa.true()))
    texts: set[int] = set()
    with store.database.read() as connection:
        rows = connection.execute(candidates).all()
        passing = {row.id for row in rows if condition.matches(attributes(row.metadata, row))}
        for batch in batches(sorted(passing)):
            owned = sa.select(json_list(passages.text_id)).where(
                passages.document_id.in_(batch), passages.passage_set == passage_set
            )
            texts.update(json.loads(connection.execute(owned).scalar_one()))
    return texts, passing


def _size(condition: Filter) -> int:
    """Return how many values a filter compares with."""
    if isinstance(condition, Compound):
        return sum(_size(each) for each in condition.filters)
    return len(condition.value) if isinstance(condition.value, list) else 1


def _possible(condition: Filter) -> sa.ColumnElement[bool] | None:
    """Return SQL that is true of every document that passes, perhaps of others too; None if there is none."""
    if isinstance(condition, Comparison):
        return _possible_comparison(condition)
    parts = [_possible(each) for each in condition.filters]
    known = [part for part in parts if part is not None]
    if condition.type == "and":
        return sa.and_(*known) if known else None
    return sa.or_(*known) if len(known) == len(parts) else None


def _possible_comparison(condition: Comparison) -> sa.ColumnElement[bool] | None:
    values = condition.value if isinstance(condition.value, list) else [condition.value]
    if (
        condition.type in ("ne", "nin", "contains")
        or not _PLAIN_KEY.fullmatch(condition.key)
        or not all(map(_same, values))
    ):
        return None
    known = [value if isinstance(value, str) else int(value or 0) for value in values]  # SQLite has no booleans
    documents = schema.documents.c
    actual: sa.ColumnElement[object] = (
        sa.type_coerce(documents[condition.key], sa.types.NullType())
        if condition.key in ("external_id", "title", "created_at")
        else json_field(documents.metadata, condition.key)
    )
    if condition.type in ("eq", "in"):
        return actual.in_(known)
    if isinstance(condition.value, list):
        return None
    # Inclusive, since SQLite may read the decimals of a number a little differently than Python.
    return actual >= known[0] if condition.type in ("gt", "gte") else actual <= known[0]


def _same(value: Scalar) -> bool:
    """Return whether SQLite compares with this value like Python, but for the types it takes for equal."""
    if value is None:  # which equals nothing in SQL
        return False
    if isinstance(value, str):
        return value.isprintable()  # neither NUL, which ends a string there, nor half a surrogate pair
    return value == int(value) and abs(value) < 2**53


def _equal(actual: Json, value: Json) -> bool:
    """Return whether two values are equal and alike: in Python, but in no metadata, 1 is true."""
    return isinstance(actual, bool) == isinstance(value, bool) and bool(actual == value)


def _contains(actual: Json, value: Scalar | list[Scalar]) -> bool:
    if isinstance(actual, list):
        return not isinstance(value, list) and any(_equal(each, value) for each in actual)
    return isinstance(actual, str) and isinstance(value, str) and value in actual


def _ordered(operator: str, actual: Json, value: Scalar | list[Scalar]) -> bool:
    if _is_number(actual) and _is_number(value):
        return _order(actual, value) in _PASSING[operator]
    return isinstance(actual, str) and isinstance(value, str) and _order(actual, value) in _PASSING[operator]


def _order(one: _Comparable, other: _Comparable) -> int:
    """Return 1, 0 or -1, as the first is larger, equal or smaller."""
    return (one > other) - (one < other)
