"""The tuning methods: ONE table. A new one is a module beside this, which makes its row, and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from store.errors import InvalidInputError
from store.json_values import JsonObject
from tuner.lora import LORA
from tuner.method import Method, Role

_ROWS: tuple[Method, ...] = (LORA,)
METHODS: Mapping[str, Method] = MappingProxyType({row.name: row for row in _ROWS})


def methods_of(role: Role) -> tuple[Method, ...]:
    """Return the methods that make this part of a release; the first is taken where none is named."""
    return tuple(row for row in _ROWS if row.role == role)


def method_of(role: Role, given: JsonObject) -> Method:
    """Return the method whose section is among the parameters `given`, or the first one.

    Raises `InvalidInputError` if there are sections of several.
    """
    rows = methods_of(role)
    named = [row for row in rows if row.name in given]
    if len(named) > 1:
        names = " and ".join(row.name for row in named)
        raise InvalidInputError(f"A model is tuned by one method, not by {names}.", param=named[1].name)
    return (*named, rows[0])[0]
