"""What every wire has in common: the shapes of lists, of deletions and of failures. Ours are those of OpenAI."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, Field

_Object = TypeVar("_Object")


class ErrorContent(BaseModel):
    """What went wrong, what to do, and which field is to blame."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorObject(BaseModel):
    """The shape of every failure."""

    error: ErrorContent


class Deleted(BaseModel):
    """The answer to a deletion."""

    id: str
    object: str
    deleted: Literal[True] = True


class ObjectList(BaseModel, Generic[_Object]):
    """A page of a list; `first_id` and `last_id` are null where the objects have no ids."""

    object: Literal["list"] = "list"
    data: list[_Object]
    first_id: str | None = Field(None)
    last_id: str | None = Field(None)
    has_more: bool

    @classmethod
    def of(cls, items: Sequence[_Object], ids: Sequence[str], has_more: bool) -> ObjectList[_Object]:
        """Return the page that holds these objects, which have these ids; no ids if the list shows none."""
        first, last = (ids[0], ids[-1]) if ids else (None, None)
        return cls(data=list(items), first_id=first, last_id=last, has_more=has_more)
