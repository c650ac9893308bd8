"""What clients send: bodies of strict types, metadata, and a sentence about what is wrong with a value.

pydantic speaks of Python's classes; a client knows only JSON. Every message of a refused value is made here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from store.errors import InvalidInputError

_MAX_VALUE = 512
_SHOWN = 60  # characters of a wrong value that a message repeats
_MESSAGES = {
    "missing": "is missing",
    "extra_forbidden": "is no field that is known here",
    "string_unicode": "holds half of a surrogate pair, which no encoding of text can write",
    "finite_number": "must be a finite number",
    "union_tag_not_found": "has no 'type' that says what it is",
}
_KINDS = {
    "model_type": "a JSON object", "model_attributes_type": "a JSON object", "dict_type": "a JSON object",
    "list_type": "a list", "string_type": "a string", "int_type": "a whole number", "int_from_float": "a whole number",
    "int_parsing": "a whole number", "float_type": "a number", "bool_type": "true or false",
    "bool_parsing": "true or false",
}  # fmt: skip


class Body(BaseModel):
    """A JSON body: unknown fields are refused, and no value is converted (`"3"` is no number, `true` is not 1)."""

    model_config = ConfigDict(extra="forbid", strict=True)


def _metadata_value(given: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """Say of a value that no member of the union takes what would be taken, instead of what the first one says."""
    try:
        value = check(given)
    except ValidationError as error:
        wanted = f"must be a string of at most {_MAX_VALUE} characters, a finite number, true, false or null"
        raise PydanticCustomError("metadata_value", "{wanted}, not {kind}", _custom(wanted, given)) from error
    if isinstance(value, str) and "\x00" in value:
        raise PydanticCustomError("metadata_value", "has a NUL character")
    return value


def _metadata_key(given: str) -> str:
    if "\x00" in given:
        raise PydanticCustomError("metadata_key", "has a NUL character")
    return given


_Number = int | Annotated[float, Field(allow_inf_nan=False)]
_Scalar = Annotated[str, Field(max_length=_MAX_VALUE)] | bool | _Number | None
_Key = Annotated[str, Field(max_length=64), AfterValidator(_metadata_key)]
Metadata = dict[_Key, Annotated[_Scalar, WrapValidator(_metadata_value)]]


def invalid(error: ValidationError, given: Any = None, where: str = "") -> InvalidInputError:
    """Return what refuses `given`, of which pydantic said `error`; `where` is the field that held it."""
    name, message = explain(error.errors()[0], given, where)
    return InvalidInputError(message, param=name or None)


def explain(error: Mapping[str, Any], given: Any = None, where: str = "") -> tuple[str, str]:
    """Return the dotted name of the field that an error of pydantic is about, and a sentence that names it."""
    name = ".".join([*([where] if where else []), *_path(error, given)])
    return name, f"{name or 'The body'}{_said(error)}."


def kind_of(value: Any) -> str:
    """Return in words what a value of JSON is: "a list", "the number nan", a short string itself."""
    if isinstance(value, str):
        return repr(value) if len(value) <= _SHOWN else f"a string of {len(value)} characters"
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, int | float):
        return f"the number {value}" if isinstance(value, float) or abs(value) < 10**_SHOWN else "a huge number"
    if isinstance(value, list):
        return "a list"
    return "an object" if isinstance(value, dict) else "a value of another kind"


def _said(error: Mapping[str, Any]) -> str:
    """Return what follows the name of the field in the sentence about it."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in _KINDS:
        return f" must be {_KINDS[kind]}, not {kind_of(error['input'])}"
    if kind == "literal_error":
        return f" must be {context['expected']}, not {kind_of(error['input'])}"
    if kind == "union_tag_invalid":
        return f" has the type {kind_of(context['tag'])}; known are {context['expected_tags']}"
    if kind in _MESSAGES:
        return f" {_MESSAGES[kind]}"
    return f" {error['msg']}" if error["msg"][:1].islower() else f": {error['msg']}"


def _path(error: Mapping[str, Any], given: Any) -> list[str]:
    """Return the steps of a location that lead through what was given; pydantic also names the types that it tried."""
    location: Sequence[Any] = error["loc"]
    if not isinstance(given, dict | list):
        return [str(step) for step in location]
    path: list[str] = []
    for number, step in enumerate(location):
        steps: Any = range(len(given)) if isinstance(given, list) else given if isinstance(given, dict) else ()
        if step in steps:
            given = given[step]
        elif error["type"] != "missing" or number < len(location) - 1:
            continue
        path.append(str(step))
    return path


def _custom(wanted: str, given: Any) -> dict[str, Any]:
    return {"wanted": wanted, "kind": kind_of(given)}
