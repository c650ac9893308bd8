"""Whether the process lives, whether it can answer, and what stands in the way of good answers."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from service.actions import health
from service.metrics import MEDIA_TYPE, Exposition
from service.readiness import Monitor, Probes, Readiness
from service.wire.tandem.objects.health import Diagnosis, ProblemObject, ReadinessObject
from service.wire.tandem.routes.dependencies import AccessDep, RuntimeDep
from store.errors import NotReadyError

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Say that the process lives; never asks database or model."""
    return {"status": "ok"}


@router.get("/readyz", response_model_exclude_none=True)
async def readyz(request: Request, access: AccessDep) -> ReadinessObject:
    """Say that questions can be answered, else 503 with the reason.

    `degraded` means that some can be, or that no documents can be added now, and names what stands in the way.
    """
    probes: Probes = request.app.state.probes
    looked = await probes.readiness()
    found = Readiness(tuple(each for each in looked.problems if each.domain in (None, access.domain or each.domain)))
    if found.status == "unavailable":
        reasons = " ".join(each.message for each in found.problems)
        stopping = found.problems[0].part == "server"
        raise NotReadyError(reasons, code="stopping" if stopping else None)
    problems = [ProblemObject.of(each) for each in found.problems]
    return ReadinessObject(status=found.status, problems=problems or None)


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """Return the metrics of the server in the text format of Prometheus. It takes a key of all domains."""
    exposition: Exposition = request.app.state.exposition
    return Response(await exposition.text(), media_type=MEDIA_TYPE)


@router.get("/v1/doctor", tags=["domains"])
def doctor(runtime: RuntimeDep, request: Request) -> Diagnosis:
    """Return what the server runs on, what the encoder can read of each domain, and what to do about it."""
    monitor: Monitor = request.app.state.monitor
    return Diagnosis.of(monitor.look(), health.examine(runtime))
