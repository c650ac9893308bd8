"""What clients send: bodies of strict types, and metadata."""

from __future__ import annotations

from typing import Annotated

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

from store.refusals import kind_of

_MAX_VALUE = 512


class Body(BaseModel):
    """A JSON body: unknown fields are refused, and no value is converted (`"3"` is no number, `true` is not 1)."""

    model_config = ConfigDict(extra="forbid", strict=True)


def _metadata_value(given: object, check: ValidatorFunctionWrapHandler) -> object:
    """Say of a value that no member of the union takes what would be taken, instead of what the first one says."""
    try:
        value = check(given)
    except ValidationError as error:
        wanted = f"must be a string of at most {_MAX_VALUE} characters, a finite number, true, false or null"
        said = {"wanted": wanted, "kind": kind_of(given)}
        raise PydanticCustomError("metadata_value", "{wanted}, not {kind}", said) from error
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
