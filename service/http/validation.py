"""What clients send: bodies of strict types, and metadata."""

from __future__ import annotations

from typing import Annotated, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from store.json_values import Json
from store.refusals import kind_of

_MAX_VALUE = 512
_MAX_ITEMS = 100  # of a list


class Body(BaseModel):
    """A JSON body: unknown fields are refused, and no value is converted (`"3"` is no number, `true` is not 1)."""

    model_config = ConfigDict(extra="forbid", strict=True)


def _metadata_value(given: object) -> Json:
    """Say of a value that no member of the union takes what would be taken, instead of what the first one says."""
    try:
        value = _VALUE.validate_python(given)
    except ValidationError as error:
        wanted = (
            f"must be a string of at most {_MAX_VALUE} characters, a finite number, true, false or null, "
            f"or a list of at most {_MAX_ITEMS} of these but null"
        )
        said = {"wanted": wanted, "kind": kind_of(given)}
        raise PydanticCustomError("metadata_value", "{wanted}, not {kind}", said) from error
    if any(isinstance(each, str) and "\x00" in each for each in (value if isinstance(value, list) else [value])):
        raise PydanticCustomError("metadata_value", "has a NUL character")
    return cast("Json", value)


def _metadata_key(given: str) -> str:
    if "\x00" in given:
        raise PydanticCustomError("metadata_key", "has a NUL character")
    return given


_Number = int | Annotated[float, Field(allow_inf_nan=False)]
_Plain = Annotated[str, Field(max_length=_MAX_VALUE)] | bool | _Number
_Value = _Plain | None | Annotated[list[_Plain], Field(max_length=_MAX_ITEMS)]
_VALUE: TypeAdapter[object] = TypeAdapter(_Value, config=ConfigDict(strict=True))
MetadataKey = Annotated[str, Field(max_length=64), AfterValidator(_metadata_key)]
Metadata = dict[MetadataKey, Annotated[Json, PlainValidator(_metadata_value, json_schema_input_type=_Value)]]
