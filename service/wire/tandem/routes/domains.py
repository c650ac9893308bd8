"""Domains."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from service.actions import domains
from service.http.objects import Deleted, ObjectList
from service.http.paging import Page, page
from service.http.validation import Body, Metadata
from service.runtime import Runtime
from service.wire.tandem.objects.domains import DomainObject, IndexObject
from service.wire.tandem.routes.dependencies import AccessDep, DomainDep, RuntimeDep
from store.domains import Domain, update_domain

router = APIRouter(prefix="/v1/domains", tags=["domains"])


class NewDomain(Body):
    """A domain to create."""

    name: str
    description: str = Field("", max_length=4000)
    metadata: Metadata = Field(default_factory=dict)


class DomainChange(Body):
    """What to change of a domain."""

    description: str | None = Field(None, max_length=4000)
    metadata: Metadata | None = None


@router.post("", status_code=201)
def create(body: NewDomain, runtime: RuntimeDep) -> DomainObject:
    """Create a domain with a first release."""
    return _object(runtime, domains.create(runtime, body.name, body.description, dict(body.metadata)))


@router.get("")
def list_all(
    runtime: RuntimeDep, access: AccessDep, page: Annotated[Page, Depends(page(1000, "asc"))]
) -> ObjectList[DomainObject]:
    """Return the domains, ordered by name."""
    return page.of([DomainObject.of(domain, size) for domain, size in domains.find(runtime, access)])


@router.get("/{domain}")
def get(domain: DomainDep, runtime: RuntimeDep) -> DomainObject:
    """Return a domain."""
    return _object(runtime, domain)


@router.patch("/{domain}")
def change(body: DomainChange, domain: DomainDep, runtime: RuntimeDep) -> DomainObject:
    """Change description or metadata."""
    return _object(runtime, update_domain(runtime.store, domain.name, body.description, body.metadata))


@router.delete("/{domain}")
def delete(domain: DomainDep, runtime: RuntimeDep) -> Deleted:
    """Delete a domain with everything in it. `default` comes back, empty, with the next call that names none."""
    domains.delete(runtime, domain)
    return Deleted(id=domain.id, object="domain")


@router.post("/{domain}/reindex")
def reindex(domain: DomainDep, runtime: RuntimeDep) -> IndexObject:
    """Build the search index anew from the database, and answer when it serves; searches use the old one until then."""
    return IndexObject.of(domains.reindex(runtime, domain), domain.name)


def _object(runtime: Runtime, domain: Domain) -> DomainObject:
    return DomainObject.of(domain, domains.measured(runtime, domain))
