"""JSON as types, for rows and files whose content its owner has not checked yet; what is checked has its own type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from typing_extensions import TypeAliasType

# An alias with a name, since pydantic cannot resolve one that only holds itself.
Json = TypeAliasType("Json", "bool | int | float | str | list[Json] | dict[str, Json] | None")
JsonObject: TypeAlias = Mapping[str, Json]  # read-only: a row's content is shared
