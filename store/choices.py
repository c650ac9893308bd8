"""Choices: strings of which a table says those that there are, as types that check them and that are described."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import GetPydanticSchema
from pydantic_core import core_schema


def one_of(names: Iterable[str]) -> GetPydanticSchema:
    """Return what makes `Annotated[str, one_of(TABLE)]` take the names of a table alone, as a `Literal` would."""
    literal = core_schema.literal_schema(list(names))
    return GetPydanticSchema(lambda _source, _handler: literal)
