"""Recipes: the settings of a long run from a TOML or YAML file, and dotted overrides that win over it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from service.commands.console import read_file

if TYPE_CHECKING:
    from store.json_values import Json
    from tuner.method import Role

_SUFFIXES = (".toml", ".yaml", ".yml")
_ROLE: Role = "generator"  # of the models that recipes are for


def method_settings(config: Path | None, overrides: list[str]) -> dict[str, dict[str, Json]]:
    """Return what the recipe and the overrides `METHOD.NAME=VALUE` set, under the name of the one method they are for.

    Raises `InvalidInputError` that names what is wrong.
    """
    from store.errors import InvalidInputError
    from store.refusals import checked
    from tuner.methods import method_of, methods_of

    sections = [row.name for row in methods_of(_ROLE)]
    given = _from_file(config, sections) if config else {}
    for override in overrides:
        name, value = assignment(override)
        section, _, setting = name.partition(".")
        if section not in sections or not setting:
            beginnings = " or ".join(f"'{each}.'" for each in sections)
            raise typer.BadParameter(f"{name!r} is no setting of a recipe; they begin with {beginnings}")
        given.setdefault(section, {})[setting] = value
    method = method_of(_ROLE, given)
    values, known = given.get(method.name, {}), method.settings.model_fields
    _refuse_unknown([f"{method.name}.{name}" for name in values if name not in known], "setting", known)
    settings = checked(method.settings, values, method.name).model_dump(exclude_unset=True)
    try:
        json.dumps(settings, allow_nan=False)
    except ValueError as error:
        raise InvalidInputError(f"A setting of {method.name} is infinite.", param=method.name) from error
    return {method.name: settings}


def assignment(text: str) -> tuple[str, Json]:
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


def _from_file(path: Path, sections: list[str]) -> dict[str, dict[str, Json]]:
    """Return the sections of the recipe."""
    from store.errors import InvalidInputError

    recipe = _parse(path)
    if recipe is None:  # a YAML file without content
        return {}
    if not isinstance(recipe, dict):
        raise InvalidInputError(f"The recipe {path} has no sections.", param="config")
    _refuse_unknown([str(name) for name in recipe if name not in sections], "section", sections)
    for name, section in recipe.items():
        if not isinstance(section, dict):
            raise InvalidInputError(f"{name} in the recipe {path} is no section.", param="config")
    return {name: {str(key): value for key, value in section.items()} for name, section in recipe.items()}


def _parse(path: Path) -> object:
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


def _refuse_unknown(names: list[str], what: str, known: Iterable[str]) -> None:
    from store.errors import InvalidInputError

    if names:
        message = f"A recipe has no {what} {', '.join(names)}; it has {', '.join(known)}."
        raise InvalidInputError(message, param=names[0])
