"""What routes take from the application: its runtime, and the domain that the path names."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from service.runtime import Runtime
from store.domains import Domain, get_domain

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


def domain_in_path(domain: str, runtime: RuntimeDep) -> Domain:
    """Return the domain that the path names, or fail with 404."""
    return get_domain(runtime.store, domain)


DomainDep = Annotated[Domain, Depends(domain_in_path)]
