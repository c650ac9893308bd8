"""The formats of data set files: ONE table. A new one is a module beside this, which makes its row, and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from store.errors import InvalidInputError
from tuner.data.format import Format
from tuner.data.qa import QA

_ROWS = (QA,)  # the first is taken where none is named
FORMATS: Mapping[str, Format] = MappingProxyType({row.name: row for row in _ROWS})


def format_of(name: str | None) -> Format:
    """Return the format of that name, or raise `InvalidInputError`."""
    if name is None:
        return _ROWS[0]
    if name not in FORMATS:
        raise InvalidInputError(f"There is no format {name[:80]!r}; there is {', '.join(FORMATS)}.", param="format")
    return FORMATS[name]
