"""JSON as types, for rows and files whose content its owner has not checked yet; what is checked has its own type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from typing_extensions import TypeAliasType

from store.errors import InvalidInputError

# An alias with a name, since pydantic cannot resolve one that only holds itself.
Json = TypeAliasType("Json", "bool | int | float | str | list[Json] | dict[str, Json] | None")
JsonObject: TypeAlias = Mapping[str, Json]  # read-only: a row's content is shared


def json_object(value: Json, name: str) -> JsonObject:
    """Return a value that must be an object, or raise `InvalidInputError` that calls it by its name."""
    if isinstance(value, dict):
        return value
    raise InvalidInputError(f"{name} must be a JSON object.", param=name)
