"""What users write about metadata on the command line: KEY=VALUE, and conditions as year>=2020, as JSON of the wire."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NoReturn

from store.errors import InvalidInputError
from store.json_values import Json

Fields = dict[str, Json]
_OPERATORS = {"!=": "ne", ">=": "gte", "<=": "lte", "=": "eq", ">": "gt", "<": "lt", "~": "contains"}


def edited_keys(given: Sequence[str] | None, removed: Sequence[str] | None) -> Fields:
    """Return the keys to `set` and to `remove` of an edit of metadata, nothing if there are none."""
    values: Fields = {}
    for each in given or ():
        key, sign, value = each.partition("=")
        if not sign or not key.strip():
            raise InvalidInputError(f"{each[:80]!r} is not KEY=VALUE.", param="set")
        values[key.strip()] = value_of(value)
    keys: list[Json] = list(removed or ())
    edited: Fields = {"set": values, "remove": keys}
    return {name: each for name, each in edited.items() if each}


def filter_of(where: Sequence[str] | None, given: str | None) -> Fields | None:
    """Return the filter that documents pass which meet all conditions and the given filter; None if there are none."""
    parts: list[Json] = [_condition(each) for each in where or ()]
    if given is not None:
        try:
            parts.append(json.loads(given))
        except (ValueError, RecursionError) as error:
            raise InvalidInputError(f"--filter is no JSON: {error}.", param="filter") from error
    if len(parts) > 1:
        return {"type": "and", "filters": parts}
    if parts and not isinstance(parts[0], dict):
        raise InvalidInputError('--filter is no filter, as {"type":"eq","key":"year","value":2020} is.', param="filter")
    return parts[0] if parts and isinstance(parts[0], dict) else None


def value_of(text: str) -> Json:
    """Return the value that a text is as JSON, else the text: 2020 is a number, "2020" and north are texts."""
    try:
        found: Json = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return text
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _condition(text: str) -> Fields:
    place = min((text.find(sign[0]) for sign in _OPERATORS if sign[0] in text), default=-1)
    sign = next((each for each in _OPERATORS if place > 0 and text.startswith(each, place)), None)
    key = text[: max(place, 0)].strip()
    if sign is None or not key:
        raise InvalidInputError(
            f"{text[:80]!r} is no condition; they are as year>=2020, team=north or tags~red.", param="where"
        )
    return {"type": _OPERATORS[sign], "key": key, "value": value_of(text[place + len(sign) :].strip())}
