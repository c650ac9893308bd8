"""Whether the process lives, whether it can answer, and what stands in the way of good answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request

from generator.releases import typed
from retriever.models.compiled import cpu_name
from retriever.models.encoder import Computing
from retriever.models.encoder_files import default_encoder
from retriever.search.fusion import readable_weight
from retriever.search.legibility import advice
from service.readiness import Monitor, Probes
from service.runtime import Runtime
from service.settings import Settings, settings_from
from service.wire.tandem.objects.health import (
    Diagnosis,
    DomainDiagnosis,
    GivenUpObject,
    ProblemObject,
    ReadinessObject,
    SettingObject,
    WaitingObject,
)
from service.wire.tandem.routes.dependencies import RuntimeDep
from store.diagnosis import document_counts, given_up, waiting_jobs
from store.errors import NotReadyError
from store.json_values import JsonObject
from store.passages import last_seq, measured_texts
from store.releases import Release, served_releases

router = APIRouter(tags=["health"])
_SHOWN = 100  # documents that were given up


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
    settings, encoder = runtime.settings.retriever, runtime.engine.retriever.encoder
    monitor: Monitor = request.app.state.monitor
    found = monitor.look()
    reranker, base = runtime.engine.retriever.reranker, runtime.engine.base_model
    total, given_up_ones = given_up(runtime.store, _SHOWN)
    counts = document_counts(runtime.store)
    computing = encoder.computing if isinstance(encoder, Computing) else {}
    return Diagnosis(
        status=found.status,
        encoder=settings.encoder.name if settings.encoder else default_encoder().parent.name.replace("_", "-"),
        space_id=encoder.space_id,
        precision=computing.get("precision", settings.precision),
        passages=computing.get("passages"),
        questions=computing.get("questions"),
        cpu=cpu_name(),
        reranker=reranker.id if reranker else None,
        base_model=f"{base.lineage.get('name')} ({base.id})" if base else None,
        disk_free=runtime.store.database.space.free(),
        database_bytes=runtime.store.folder.database.stat().st_size,
        settings_from=settings_from(),
        given_up_total=total,
        problems=[ProblemObject.of(each) for each in found.problems],
        domains=[_domain(runtime, name, each, counts) for name, each in served_releases(runtime.store)],
        queue=[WaitingObject.of(each) for each in waiting_jobs(runtime.store)],
        given_up=[GivenUpObject.of(each) for each in given_up_ones],
        settings=[SettingObject(name=name, value=value) for name, value in _in_force(runtime.settings)],
    )


def _domain(
    runtime: Runtime, name: str, release: Release[JsonObject], counts: dict[str, dict[str, int]]
) -> DomainDiagnosis:
    retriever = runtime.engine.retriever
    texts, share = measured_texts(runtime.store, release.domain_id, retriever.encoder.space_id)
    manifest = typed(release).manifest
    weight = manifest.retrieval.dense_weight
    documents = counts.get(release.domain_id, {})
    return DomainDiagnosis(
        domain=name,
        release=release.id,
        generator=manifest.generation.backend,
        failed=documents.get("failed", 0),
        quarantined=documents.get("quarantined", 0),
        waiting=documents.get("received", 0) + documents.get("parsed", 0),
        index_seq=retriever.shown(release.domain_id),
        newest_seq=last_seq(runtime.store, release.domain_id),
        texts=texts,
        unknown_share=round(share, 4),
        dense_weight=round(readable_weight(weight, share), 4),
        advice=advice(share, weight) if texts else "There are no documents yet.",
    )


def _in_force(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield every setting by its dotted name; neither the key nor the place of the data folder is shown."""

    def flat(values: dict[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
        for name, value in values.items():
            if isinstance(value, dict) and value:
                yield from flat(value, f"{prefix}{name}.")
            else:
                yield f"{prefix}{name}", json.dumps(value, ensure_ascii=False)

    yield from flat(settings.model_dump(mode="json", exclude={"api_key", "home"}), "")
    yield "api_key", "set" if settings.api_key else "null"
