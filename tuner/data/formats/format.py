"""What a format is: a row of the table beside this, and the examples that it makes of a record."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from store.examples import Content
from store.refusals import explain
from tuner.data.record import Place, Problem, Record

SOLID = r"\S"  # more than blanks
_Row = TypeVar("_Row", bound=BaseModel)


@dataclass(frozen=True)
class Found:
    """A text that a file gives as the source of an example, to be looked for among the documents of the domain.

    `id` is what the file calls it, which may be the external id of a document. `answers` are places of answers in the
    text, as characters `[start, end)`.
    """

    text: str = ""
    id: str | None = None
    answers: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class NamedSpan:
    """Characters `[start, end)` of the text of a document, which its external id names."""

    document: str
    start: int
    end: int


@dataclass(frozen=True)
class ReadExample:
    """An example as a file has it: where, under which key of its own, about which documents by external id.

    `documents` must be there; the texts in `sources` are looked for. `spans` say where in its documents the answer is.
    """

    place: Place
    key: str | None
    content: Content
    documents: tuple[str, ...] = ()
    split: str | None = None
    sources: tuple[Found, ...] = ()
    spans: tuple[NamedSpan, ...] = ()


class FormatError(Exception):
    """What is wrong with a record, or with a part of it."""

    def __init__(self, place: Place, said: str) -> None:
        super().__init__(said)
        self.problem = Problem(place, said)


Read = Callable[[Record, list[Problem]], Iterator[ReadExample]]


@dataclass(frozen=True)
class Format:
    """A format of files, and the kind of data set that one becomes.

    `keys` shows what a record looks like. `fields` are those that are read; others are left out, with a warning.
    `detects` says whether a record is written so, if no row before says so. `read` yields the examples of a record; it
    raises `FormatError` if all of the record is unusable, and appends to the list what is wrong with parts of it.
    """

    name: str
    kind: str
    keys: str
    fields: frozenset[str]
    detects: Callable[[Record], bool]
    read: Read


def _listed(value: object) -> object:
    """Return a list for a cell of a table that holds a list as JSON, or one text; an empty cell is an empty list."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, list):
            return found
    return [value] if value else []


def absent(value: object) -> object:
    """Return None for the empty cell of a table, and any other value as it is."""
    return None if value == "" else value


def as_text(value: object) -> object:
    """Return a whole number as a string, and any other value as it is."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Text = Annotated[str, Field(pattern=SOLID, max_length=1_000_000)]
Optional = Annotated[str | None, BeforeValidator(absent)]
Texts = Annotated[list[Annotated[str, Field(pattern=SOLID)]], BeforeValidator(_listed)]
Numbers = Annotated[list[float] | None, BeforeValidator(absent)]


class Row(BaseModel):
    """What a record of any format may say beside its own: its key, its split, and the documents that it is about."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    id: Annotated[str | None, BeforeValidator(as_text), BeforeValidator(absent)] = Field(None, max_length=200)
    split: Annotated[Literal["train", "dev", "test"] | None, BeforeValidator(absent)] = None
    documents: Texts = Field(
        default_factory=list, max_length=100, validation_alias=AliasChoices("documents", "doc_ids")
    )

    def example(self, place: Place, content: Content, *sources: Found) -> ReadExample:
        """Return the example of this row."""
        return ReadExample(place, self.id, content, tuple(dict.fromkeys(self.documents)), self.split, sources)


ANY_FIELD = "*"  # among the fields of a format that reads all there are
COMMON = frozenset({"id", "split", "documents", "doc_ids"})


def read_row(model: type[_Row], record: Record) -> _Row:
    """Return the fields of a record as that model, or raise `FormatError` that names the field."""
    return read_part(model, record.fields, record.place)


def read_part(model: type[_Row], given: object, place: Place) -> _Row:
    """Return a part of a record as that model, or raise `FormatError` that names the field."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        said = explain(error.errors()[0], given, whole="the record")[1]
        raise FormatError(place, said.rstrip(".")) from error


def simple(
    name: str, kind: str, keys: str, own: frozenset[str], detects: Callable[[Record], bool],
    read: Callable[[Record], ReadExample],
) -> Format:  # fmt: skip
    """Return a format of which each record is one example."""

    def each(record: Record, problems: list[Problem]) -> Iterator[ReadExample]:
        del problems  # what is wrong is wrong with all of it
        yield read(record)

    return Format(name, kind, keys, own | COMMON, detects, each)
