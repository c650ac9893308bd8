"""Whether the process lives, whether it can answer, and what stands in the way of good answers."""

from __future__ import annotations

from fastapi import APIRouter, Request

from service.actions import health
from service.readiness import Monitor, Probes
from service.wire.tandem.objects.health import Diagnosis, ProblemObject, ReadinessObject
from service.wire.tandem.routes.dependencies import RuntimeDep
from store.errors import NotReadyError

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Say that the process lives; never asks database or model."""
    return {"status": "ok"}


@router.get("/readyz", response_model_exclude_none=True)
async def readyz(request: Request) -> ReadinessObject:
    """Say that questions can be answered, else 503 with the reason.

    `degraded` means that some can be, or that no documents can be added now, and names what stands in the way.
    """
    probes: Probes = request.app.state.probes
    found = await probes.readiness()
    if found.status == "unavailable":
        reasons = " ".join(each.message for each in found.problems)
        stopping = found.problems[0].part == "server"
        raise NotReadyError(reasons, code="stopping" if stopping else None)
    problems = [ProblemObject.of(each) for each in found.problems]
    return ReadinessObject(status=found.status, problems=problems or None)


@router.get("/v1/doctor", tags=["domains"])
def doctor(runtime: RuntimeDep, request: Request) -> Diagnosis:
    """Return what the server runs on, what the encoder can read of each domain, and what to do about it."""
    monitor: Monitor = request.app.state.monitor
    return Diagnosis.of(monitor.look(), health.examine(runtime))
