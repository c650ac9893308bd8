"""Releases: make one, list, promote, roll back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from service.actions import releases
from service.actions.releases import Wanted
from service.http.objects import ObjectList
from service.http.paging import Page, page
from service.http.validation import Body
from service.wire.tandem.objects.releases import ReleaseObject
from service.wire.tandem.routes.dependencies import AccessDep, DomainDep, RuntimeDep
from store.json_values import Json
from store.releases import list_releases

router = APIRouter(tags=["releases"])


class NewRelease(Body):
    """A release to make: the one named `from` (default: the active one) with the changes `set`.

    `calibrate` names a data set whose dev split, or else train split, fits the weight of the dense side and the
    evidence thresholds anew.
    """

    from_: str | None = Field(None, alias="from")
    set: dict[str, Json] = Field(default_factory=dict)
    calibrate: str | None = Field(None, max_length=64)


class Promotion(Body):
    """How to promote; force needs a reason."""

    force: bool = False
    reason: str = Field("", max_length=2000)


@router.post("/v1/domains/{domain}/releases", status_code=201)
def create(body: NewRelease, domain: DomainDep, runtime: RuntimeDep) -> ReleaseObject:
    """Make a release, which serves nobody until it is promoted."""
    wanted = Wanted(body.from_, body.set, body.calibrate)
    return ReleaseObject.of(releases.make(runtime, domain, wanted), domain.name)


@router.get("/v1/domains/{domain}/releases")
def list_all(
    domain: DomainDep, runtime: RuntimeDep, page: Annotated[Page, Depends(page(20))]
) -> ObjectList[ReleaseObject]:
    """Return the releases of a domain, newest first."""
    found = reversed(list_releases(runtime.store, domain.id))
    return page.of([ReleaseObject.of(each, domain.name) for each in found])


@router.get("/v1/releases/{release}")
def get(release: str, runtime: RuntimeDep, access: AccessDep) -> ReleaseObject:
    """Return a release."""
    return ReleaseObject.of(*releases.get(runtime, release, access))


@router.post("/v1/releases/{release}/promote")
def promote(release: str, runtime: RuntimeDep, access: AccessDep, body: Promotion | None = None) -> ReleaseObject:
    """Make a release the active one, if the gate is open or by force."""
    how = body or Promotion()
    return ReleaseObject.of(*releases.promote(runtime, release, access, force=how.force, reason=how.reason))


@router.post("/v1/domains/{domain}/rollback")
def roll_back(domain: DomainDep, runtime: RuntimeDep) -> ReleaseObject:
    """Return to the release that was active before, unless the server could not answer under it."""
    return ReleaseObject.of(releases.roll_back(runtime, domain), domain.name)
