"""Write `docs/settings.md`: every setting with its variable, its type, its default, its bounds, and what it means.

usage: python tools/settings_page.py > docs/settings.md
"""

from __future__ import annotations

import json
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MinLen
from pydantic import BaseModel, HttpUrl
from pydantic.fields import FieldInfo

from service.settings import Settings

HEAD = """# Settings

Written by `python tools/settings_page.py > docs/settings.md`; a test fails when it is out of date.

A setting comes from `tandem.toml` in the working directory, `retriever.candidates` from the line `candidates = 50` of
its section `[retriever]`; the environment wins over the file, with the variable that is named here; an option of the
command line wins over both. `tandem doctor` says which are in force, and where they come from.
"""
_COLUMNS = "| setting | variable | type | default | meaning |\n|---|---|---|---|---|"
_BOUNDS = {Ge: "≥ {0.ge}", Gt: "> {0.gt}", Le: "≤ {0.le}", Lt: "< {0.lt}", MinLen: "at least {0.min_length} characters"}


def settings_page() -> str:
    """Return the page: the settings without a section, then a table for each section and each part of one."""
    return "\n".join([HEAD, *_tables(Settings, "")]).rstrip("\n")


def undescribed(section: type[BaseModel] = Settings) -> list[str]:
    """Return the names of the settings that do not say what they mean."""
    return [name for name, field in _settings(section, "") if not field.description]


def _tables(section: type[BaseModel], name: str) -> Iterator[str]:
    """Yield the table of a section, then those of its parts."""
    inner = {key: part for key, field in section.model_fields.items() if (part := _section(field))}
    rows = [_row(f"{name}{key}", field) for key, field in section.model_fields.items() if key not in inner]
    if name:
        about = " ".join((section.__doc__ or "").split("\n\n")[0].split())
        yield f"## {name.rstrip('.')}\n\n{about}\n"
    yield "\n".join([_COLUMNS, *rows, ""])
    for key, part in inner.items():
        yield from _tables(part, f"{name}{key}.")


def _settings(section: type[BaseModel], name: str) -> Iterator[tuple[str, FieldInfo]]:
    for key, field in section.model_fields.items():
        part = _section(field)
        if part is None:
            yield f"{name}{key}", field
        else:
            yield from _settings(part, f"{name}{key}.")


def _section(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _row(name: str, field: FieldInfo) -> str:
    variable = f"TANDEM_{name.upper().replace('.', '__')}"
    kind = ", ".join([_type(field.annotation), *_bounds(field)])
    cells = (f"`{name}`", f"`{variable}`", kind, _default(field), field.description or "")
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _type(kind: object) -> str:
    """Return the type in the words of a settings file; that a setting may be missing shows in its default."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return " or ".join(_type(each) for each in inner if each is not types.NoneType)
    if origin is Literal:
        return ", ".join(f"`{each}`" for each in inner)
    if origin is tuple:
        return f"{len(inner)} × {_type(inner[0])}"
    return {Path: "path", HttpUrl: "address", str: "text", int: "whole number", float: "number", bool: "true or false"}[
        kind
    ]  # type: ignore[index]


def _bounds(field: FieldInfo) -> list[str]:
    return [_BOUNDS[type(each)].format(each) for each in field.metadata if type(each) in _BOUNDS]


def _default(field: FieldInfo) -> str:
    """Return the default as JSON; a dash for what is not set, and for what depends on the machine."""
    if field.default_factory is not None or field.default is None:
        return "–"
    return f"`{json.dumps(field.default)}`"


if __name__ == "__main__":
    print(settings_page())
