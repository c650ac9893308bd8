"""Why a value that came from outside is refused: from what pydantic says of it to a sentence, and a name for programs.

pydantic speaks of Python's classes; who writes JSON or a settings file knows only what they wrote. Every message of a
value that does not fit its description is made here.
"""

from __future__ import annotations

import json
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from store.errors import InvalidInputError

_Model = TypeVar("_Model", bound=BaseModel)
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


def checked(model: type[_Model], given: object, where: str = "") -> _Model:
    """Return `given` as that model, or raise the `InvalidInputError` that names what is wrong; `where` held it."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise refusal(error, given, where) from error


def refusal(error: ValidationError, given: object = None, where: str = "") -> InvalidInputError:
    """Return what refuses `given`, of which pydantic said `error`; `where` is the field that held it."""
    name, message = explain(error.errors()[0], given, where)
    return InvalidInputError(message, param=name or None)


def explain(error: ErrorDetails, given: object = None, where: str = "", whole: str = "The body") -> tuple[str, str]:
    """Return the dotted name of the field that an error of pydantic is about, and a sentence that names it.

    `whole` is what the sentence calls the value where no field of it is to blame.
    """
    name = ".".join([*([where] if where else []), *_path(error, given)])
    return name, f"{name or whole}{_said(error)}."


def kind_of(value: object) -> str:
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


def _said(error: ErrorDetails) -> str:
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


def _path(error: ErrorDetails, given: object) -> list[str]:
    """Return the steps of a location that lead through what was given; pydantic also names the types that it tried."""
    location = error["loc"]
    if not isinstance(given, dict | list):
        return [str(step) for step in location]
    path: list[str] = []
    inside: object = given
    for number, step in enumerate(location):
        within = dict(enumerate(inside)) if isinstance(inside, list) else inside if isinstance(inside, dict) else {}
        if step in within:
            inside = within[step]
        elif error["type"] != "missing" or number < len(location) - 1:
            continue
        path.append(str(step))
    return path
