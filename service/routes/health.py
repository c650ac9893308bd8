"""Whether the process lives, whether it can answer, and what stands in the way of good answers."""

from __future__ import annotations

from fastapi import APIRouter

from retriever.compiled import precision_of
from retriever.encoder_files import default_encoder
from retriever.fusion import readable_weight
from retriever.legibility import advice
from service.objects.diagnosis import Diagnosis, DomainDiagnosis
from service.routes.dependencies import RuntimeDep
from service.settings import settings_from
from store.domains import list_domains
from store.errors import NotReadyError
from store.passages import measured_texts
from store.releases import active_release

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


@router.get("/v1/doctor", tags=["domains"])
def doctor(runtime: RuntimeDep) -> Diagnosis:
    """Return what the encoder can read of each domain, and what to do about it."""
    settings, encoder = runtime.settings.retriever, runtime.engine.retriever.encoder
    found = []
    for domain in list_domains(runtime.store):
        retrieval = active_release(runtime.store, domain.id).manifest["retrieval"]
        texts, share = measured_texts(runtime.store, domain.id, encoder.space_id)
        weight = retrieval.get("dense_weight", 0.5)
        found.append(
            DomainDiagnosis(
                domain=domain.name,
                texts=texts,
                unknown_share=round(share, 4),
                dense_weight=round(readable_weight(weight, share), 4),
                advice=advice(share, weight) if texts else "There are no documents yet.",
            )
        )
    name = settings.encoder.name if settings.encoder else default_encoder().parent.name.replace("_", "-")
    reranker = runtime.engine.retriever.reranker
    return Diagnosis(
        encoder=name,
        space_id=encoder.space_id,
        precision=precision_of(settings),
        reranker=reranker.id if reranker else None,
        settings_from=settings_from(),
        domains=found,
    )
