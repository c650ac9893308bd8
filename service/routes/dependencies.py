"""What routes take from the application: its runtime, and the domain that the path names."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from service.runtime import Runtime
from store.domains import Domain, get_domain


def runtime_of(request: Request) -> Runtime:
    """Return the runtime of the application that serves this request."""
    runtime: Runtime = request.app.state.runtime
    return runtime


RuntimeDep = Annotated[Runtime, Depends(runtime_of)]


def domain_in_path(domain: str, runtime: RuntimeDep) -> Domain:
    """Return the domain that the path names, or fail with 404."""
    return get_domain(runtime.store, domain)


DomainDep = Annotated[Domain, Depends(domain_in_path)]
