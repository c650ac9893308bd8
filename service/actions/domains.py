"""Domains: making one, the one that is there for calls that name none, and deleting one with everything in it."""

from __future__ import annotations

from contextlib import suppress

from service.runtime import DEFAULT_DOMAIN, Runtime
from store.domains import Domain, DomainSize, delete_domain, domain_sizes, get_domain, list_domains
from store.errors import ConflictError, NotFoundError
from store.json_values import JsonObject


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


def find(runtime: Runtime) -> list[tuple[Domain, DomainSize]]:
    """Return all domains by name, each with how much it holds."""
    domains = list_domains(runtime.store)
    return list(zip(domains, domain_sizes(runtime.store, domains), strict=True))


def delete(runtime: Runtime, domain: Domain) -> None:
    """Delete a domain with everything in it."""
    delete_domain(runtime.store, domain.name)
    runtime.engine.retriever.forget(domain.id)


def id_of(runtime: Runtime, name: str | None) -> str | None:
    """Return the id of the domain of that name, `NotFoundError` if there is none; None for all domains."""
    return get_domain(runtime.store, name).id if name else None


def names(runtime: Runtime) -> dict[str, str]:
    """Return the names of the domains by id."""
    return {each.id: each.name for each in list_domains(runtime.store)}
