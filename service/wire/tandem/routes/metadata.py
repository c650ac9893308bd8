"""Metadata of documents: the keys of a domain, and editing many documents at once."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from retriever.search.filters import Filter
from service.actions import metadata
from service.actions.metadata import Change
from service.http.objects import ObjectList
from service.http.paging import Page, page
from service.http.validation import Body, Metadata, MetadataKey
from service.wire.tandem.routes.dependencies import DomainDep, RuntimeDep
from store.editing import MetadataKey as Key
from store.errors import InvalidInputError
from store.json_values import Json

router = APIRouter(prefix="/v1/domains/{domain}/metadata", tags=["documents"])


class Value(BaseModel):
    """A value and how many documents have it, alone or in a list."""

    value: Json
    documents: int


class KeyObject(BaseModel):
    """A key of metadata: how many documents have it, with values of which kinds, and the most frequent values."""

    object: Literal["metadata.key"] = "metadata.key"
    key: str
    documents: int
    kinds: dict[str, int]
    values: list[Value]

    @classmethod
    def of(cls, found: Key) -> KeyObject:
        """Return the object of a record."""
        values = [Value(value=value, documents=count) for value, count in found.frequent()]
        return cls(key=found.key, documents=found.documents, kinds=dict(found.kinds), values=values)


class MetadataChange(Body):
    """Keys to `set` and to `remove` in every document that passes the `filter`; null: in all of them."""

    filter: Filter | None
    set: Metadata = Field(default_factory=dict)
    remove: list[MetadataKey] = Field(default_factory=list, max_length=100)
    dry_run: bool = False


class ChangedObject(BaseModel):
    """How many documents passed the filter, and how many of them were changed, or would be in a dry run."""

    object: Literal["metadata.change"] = "metadata.change"
    matched: int
    changed: int
    dry_run: bool


@router.get("")
def keys(
    domain: DomainDep, runtime: RuntimeDep, page: Annotated[Page, Depends(page(1000, "asc"))]
) -> ObjectList[KeyObject]:
    """Return the keys of the documents' metadata, in alphabetical order; `after` is a key."""
    found = metadata.keys(runtime, domain)
    return page.of_known_by([KeyObject.of(each) for each in found], [each.key for each in found])


@router.post("/edit")
def edit(body: MetadataChange, domain: DomainDep, runtime: RuntimeDep) -> ChangedObject:
    """Set and remove keys in many documents, all or none of them; searches see it at once."""
    both = sorted(set(body.set) & set(body.remove))
    if both or not (body.set or body.remove):
        message = f"set and remove both name {both[0]!r}." if both else "Name keys to set or to remove."
        raise InvalidInputError(message, param="remove" if both else "set")
    changed = metadata.edit(runtime, domain, Change(body.filter, dict(body.set), body.remove, body.dry_run))
    return ChangedObject(matched=changed.matched, changed=changed.changed, dry_run=body.dry_run)
