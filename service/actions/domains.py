"""Domains: making one, the one that is there for calls that name none, and deleting one with everything in it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from generator.releases import typed
from service.access import Access
from service.runtime import DEFAULT_DOMAIN, Runtime
from store.domains import Domain, DomainSize, delete_domain, domain_sizes, get_domain, list_domains
from store.errors import ConflictError, NotFoundError
from store.json_values import JsonObject
from store.releases import served_release


@dataclass(frozen=True)
class Index:
    """What the search index of a domain shows: so many texts, as of this change."""

    seq: int
    texts: int


def create(runtime: Runtime, name: str, description: str, metadata: JsonObject) -> Domain:
    """Create a domain with a first release; `ConflictError` if there is one of that name."""
    return runtime.engine.create_domain(name, description, dict(metadata))


def default(runtime: Runtime) -> Domain:
    """Return the domain `default`, which is made anew if somebody deleted it."""
    try:
        return get_domain(runtime.store, DEFAULT_DOMAIN)
    except NotFoundError:
        with suppress(ConflictError):  # another request was quicker
            runtime.engine.create_domain(DEFAULT_DOMAIN)
        return get_domain(runtime.store, DEFAULT_DOMAIN)


def measured(runtime: Runtime, domain: Domain) -> DomainSize:
    """Return how much a domain holds."""
    return domain_sizes(runtime.store, [domain])[0]


def find(runtime: Runtime, access: Access) -> list[tuple[Domain, DomainSize]]:
    """Return the domains by name, each with how much it holds."""
    domains = [each for each in list_domains(runtime.store) if access.sees(each.id)]
    return list(zip(domains, domain_sizes(runtime.store, domains), strict=True))


def delete(runtime: Runtime, domain: Domain) -> None:
    """Delete a domain with everything in it."""
    delete_domain(runtime.store, domain.name)
    runtime.keys.reload()  # its keys went with it, and must not open the next domain of that name
    runtime.engine.retriever.forget(domain.id)


def named(runtime: Runtime, name: str, access: Access) -> Domain:
    """Return the domain of that name, or raise `NotFoundError`, as for one that the request may not see."""
    if access.domain not in (None, name):
        access.check("", "domain", name)
    return get_domain(runtime.store, name)


def id_of(runtime: Runtime, name: str | None, access: Access) -> str | None:
    """Return the id of the domain of that name, else of the only one that the request sees; None for all domains."""
    return named(runtime, name, access).id if name else access.domain_id


def reindex(runtime: Runtime, domain: Domain) -> Index:
    """Build the search index of a domain anew from the vectors and texts in the database; searches go on meanwhile."""
    plan = typed(served_release(runtime.store, domain.name)).manifest.search_plan
    index = runtime.engine.retriever.reindex(domain.id, plan)
    return Index(index.snapshot.seq, len(index.ids()))


def names(runtime: Runtime) -> dict[str, str]:
    """Return the names of the domains by id."""
    return {each.id: each.name for each in list_domains(runtime.store)}
