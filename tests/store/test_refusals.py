"""What is said of a value that does not fit its description."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from store.errors import InvalidInputError
from store.refusals import checked, explain


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(max_length=5)
    colour: Literal["red", "blue"] = "red"


class Whole(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    parts: list[Part]
    either: int | Part = 0


def test_what_fits_is_returned_as_its_model() -> None:
    assert checked(Whole, {"parts": [{"name": "a"}]}) == Whole(parts=[Part(name="a")])


@pytest.mark.parametrize(
    ("given", "param", "message"),
    [
        ({}, "parts", "parts is missing."),
        ({"parts": 7}, "parts", "parts must be a list, not the number 7."),
        ({"parts": [{"name": "a"}, {}]}, "parts.1.name", "parts.1.name is missing."),
        ({"parts": [{"name": None}]}, "parts.0.name", "parts.0.name must be a string, not null."),
        ({"parts": [], "partz": 1}, "partz", "partz is no field that is known here."),
        (
            {"parts": [{"name": "a", "colour": "green"}]},
            "parts.0.colour",
            "parts.0.colour must be 'red' or 'blue', not 'green'.",
        ),
        (
            {"parts": [{"name": "abcdef"}]},
            "parts.0.name",
            "parts.0.name: String should have at most 5 characters.",
        ),
        ({"parts": [], "either": "x"}, "either", "either must be a whole number, not 'x'."),  # not `either.int`
        ([], None, "The body must be a JSON object, not a list."),
    ],
)
def test_a_refusal_names_the_field_and_what_was_wrong(given: object, param: str | None, message: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        checked(Whole, given)

    assert (caught.value.param, caught.value.message) == (param, message)


def test_a_refusal_names_what_held_the_value() -> None:
    with pytest.raises(InvalidInputError) as caught:
        checked(Part, {"name": "a", "size": 1}, "params.part")

    assert (caught.value.param, caught.value.message) == (
        "params.part.size",
        "params.part.size is no field that is known here.",
    )


def test_a_value_without_fields_is_called_what_its_reader_calls_it() -> None:
    with pytest.raises(ValidationError) as caught:
        Part.model_validate(None)

    assert explain(caught.value.errors()[0], whole="the line") == ("", "the line must be a JSON object, not null.")
