"""Recipes: the settings of a long run from a TOML or YAML file, and dotted overrides that win over it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer

from service.commands.console import read_file

_SECTION = "lora"
_SUFFIXES = (".toml", ".yaml", ".yml")


def lora_settings(config: Path | None, overrides: list[str]) -> dict[str, Any]:
    """Return what the recipe and the overrides `lora.NAME=VALUE` set; `InvalidInputError` names what is wrong."""
    from pydantic import ValidationError

    from store.errors import InvalidInputError
    from tuner.settings import LoraSettings

    given = _from_file(config) if config else {}
    for override in overrides:
        name, value = assignment(override)
        if not name.startswith(f"{_SECTION}."):
            raise typer.BadParameter(f"{name!r} is no setting of a recipe; they begin with '{_SECTION}.'")
        given[name.removeprefix(f"{_SECTION}.")] = value
    known = LoraSettings.model_fields
    _refuse_unknown([f"{_SECTION}.{name}" for name in given if name not in known], "setting", known)
    try:
        settings = LoraSettings.model_validate(given).model_dump(exclude_unset=True)
        json.dumps(settings, allow_nan=False)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join([_SECTION, *(str(part) for part in first["loc"])])
        raise InvalidInputError(f"The setting {name} is wrong: {first['msg']}.", param=name) from error
    except ValueError as error:
        raise InvalidInputError(f"A setting of {_SECTION} is infinite.", param=_SECTION) from error
    return settings


def assignment(text: str) -> tuple[str, Any]:
    """Return name and value of `name=value`; the value is JSON, or the string itself."""
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise typer.BadParameter(f"{text!r} is not NAME=VALUE")
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        return name, value
    try:
        json.dumps(parsed, allow_nan=False)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no finite number") from error
    return name, parsed


def _from_file(path: Path) -> dict[str, Any]:
    """Return the section of the recipe."""
    from store.errors import InvalidInputError

    recipe = _parse(path)
    if recipe is None:  # a YAML file without content
        return {}
    if not isinstance(recipe, dict):
        raise InvalidInputError(f"The recipe {path} has no sections.", param="config")
    _refuse_unknown([str(name) for name in recipe if name != _SECTION], "section", (_SECTION,))
    section = recipe.get(_SECTION, {})
    if not isinstance(section, dict):
        raise InvalidInputError(f"{_SECTION} in the recipe {path} is no section.", param="config")
    return {str(name): value for name, value in section.items()}


def _parse(path: Path) -> Any:
    """Return the content of a recipe, as its suffix says."""
    import tomllib

    import yaml  # type: ignore[import-untyped]

    from store.errors import InvalidInputError

    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES:
        raise InvalidInputError(f"The name of the recipe {path} must end with {', '.join(_SUFFIXES)}.", param="config")
    content = read_file(path)
    try:
        text = content.decode("utf-8-sig")
        return tomllib.loads(text) if suffix == ".toml" else yaml.safe_load(text)
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise InvalidInputError(f"The recipe {path} cannot be read: {reason}.", param="config") from error


def _refuse_unknown(names: list[str], what: str, known: Any) -> None:
    from store.errors import InvalidInputError

    if names:
        message = f"A recipe has no {what} {', '.join(names)}; it has {', '.join(known)}."
        raise InvalidInputError(message, param=names[0])
