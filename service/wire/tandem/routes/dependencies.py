"""What routes take from the application: its runtime, and the domain that the path names."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query as QueryField

from service.access import Access
from service.runtime import Runtime
from store.domains import Domain, get_domain
from store.errors import InvalidInputError

# What nobody may keep or hold back; the second is for proxies.
STREAM_HEADERS = {"cache-control": "no-cache", "x-accel-buffering": "no"}


def runtime_of(request: Request) -> Runtime:
    """Return the runtime of the application that serves this request."""
    runtime: Runtime = request.app.state.runtime
    return runtime


async def _runtime(request: Request) -> Runtime:
    """Return the same without a thread, which FastAPI would take for a plain function."""
    return runtime_of(request)


RuntimeDep = Annotated[Runtime, Depends(_runtime)]


async def _access(request: Request) -> Access:
    """Return what the request may do."""
    access: Access = request.state.access
    return access


AccessDep = Annotated[Access, Depends(_access)]


async def known_parameters(request: Request) -> None:
    """Refuse parameters of the query that the route does not have, which would have no effect, or that come twice."""
    given = [name for name, _ in request.query_params.multi_items()]
    if not given:
        return
    fields = get_flat_params(request.scope["route"].dependant)
    known = [each.alias for each in fields if isinstance(each.field_info, QueryField)]
    for name in given:
        if name not in known:
            those = f"it takes {', '.join(known)}" if known else "it takes none"
            raise InvalidInputError(
                f"{request.method} {request.url.path} has no parameter {name[:80]!r}; {those}.",
                code="unknown_parameter",
                param=name[:80],
            )
        if given.count(name) > 1:
            raise InvalidInputError(f"The parameter {name} is given {given.count(name)} times.", param=name)


def domain_in_path(domain: str, runtime: RuntimeDep) -> Domain:
    """Return the domain that the path names, or fail with 404."""
    return get_domain(runtime.store, domain)


DomainDep = Annotated[Domain, Depends(domain_in_path)]
