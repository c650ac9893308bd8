"""Whether the process lives and whether it can answer."""

from __future__ import annotations

from fastapi import APIRouter

from service.routes.dependencies import RuntimeDep
from store.domains import list_domains
from store.errors import NotReadyError

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Say that the process lives; never asks database or model."""
    return {"status": "ok"}


@router.get("/readyz")
def readyz(runtime: RuntimeDep) -> dict[str, str]:
    """Say that questions can be answered, else 503 with the reason."""
    if runtime.draining.is_set():
        raise NotReadyError("The server is stopping.", code="stopping")
    list_domains(runtime.store)
    return {"status": "ready"}
