"""The keys of callers. All of it takes a key of all domains that writes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from service.actions import keys
from service.http.objects import Deleted, ObjectList
from service.http.paging import Page, page
from service.http.validation import Body
from service.wire.tandem.objects.keys import ApiKeyObject, NewApiKeyObject
from service.wire.tandem.routes.dependencies import RuntimeDep
from store.keys import Rights

router = APIRouter(prefix="/v1/keys", tags=["keys"])


class NewKey(Body):
    """A key to make: of one domain or, without one, of all; one that reads asks and looks, but changes nothing."""

    name: str
    access: Rights = "read"
    domain: str | None = Field(None, description="the only domain that it opens; null: all of them")


@router.post("", status_code=201)
def create(body: NewKey, runtime: RuntimeDep) -> NewApiKeyObject:
    """Make a key. Its `key` is shown this once; from the first one on every call but the health check needs one."""
    return NewApiKeyObject.made(*keys.create(runtime, body.name, body.access, body.domain))


@router.get("")
def list_all(runtime: RuntimeDep, page: Annotated[Page, Depends(page(20))]) -> ObjectList[ApiKeyObject]:
    """Return the keys, those that were revoked too, newest first."""
    return page.of([ApiKeyObject.of(key) for key in keys.find(runtime)])


@router.delete("/{key}")
def revoke(key: str, runtime: RuntimeDep) -> Deleted:
    """Revoke a key by its id or name: no request that begins after the answer gets in with it."""
    return Deleted(id=keys.revoke(runtime, key).id, object="key")
