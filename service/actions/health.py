"""What a server runs on, what stands in the way of good answers, and how well each domain is read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from generator.releases import typed
from retriever.documents.sandbox.confinement import protections
from retriever.models.compiled import cpu_name
from retriever.models.encoder import Computing
from retriever.models.encoder_files import default_encoder
from retriever.search.fusion import readable_weight
from retriever.search.legibility import advice
from service.runtime import Runtime
from service.settings import Settings, settings_from
from store.diagnosis import GivenUp, Stale, Waiting, document_counts, given_up, stale_learners, waiting_jobs
from store.json_values import Json, JsonObject
from store.passages import last_seq, measured_texts
from store.releases import Release, served_releases

_SHOWN = 100  # documents that were given up


@dataclass(frozen=True)
class DomainState:
    """How well the encoder reads a domain: the mean share of its texts that is unknown, and what follows from it.

    Of its documents: how many have failed or are quarantined, and how many wait to be read. `index_seq` is the change
    that its index shows of `newest_seq`; None: nobody has searched it since the start.
    """

    domain: str
    release: str
    generator: str
    failed: int
    quarantined: int
    waiting: int
    index_seq: int | None
    newest_seq: int
    texts: int
    unknown_share: float
    dense_weight: float
    advice: str


@dataclass(frozen=True)
class Examination:
    """What a server runs on, by name, and the state of what it holds.

    `stale` are the models and data sets that learned from documents that were deleted or replaced since; `given_up` are
    the newest documents of `given_up_total` that have failed or are quarantined. `reading` says what protects the
    server from documents that are read. `settings` are those in force, each as JSON, by their dotted names.
    """

    encoder: str
    space_id: str
    precision: str
    passages: str | None
    questions: str | None
    cpu: str
    reading: str
    reranker: str | None
    base_model: str | None
    disk_free: int
    database_bytes: int
    settings_from: str
    given_up_total: int
    domains: list[DomainState]
    queue: list[Waiting]
    given_up: list[GivenUp]
    stale: list[Stale]
    settings: dict[str, str]


def examine(runtime: Runtime) -> Examination:
    """Return what the server runs on, what the encoder can read of each domain, and what to do about it."""
    settings, encoder = runtime.settings.retriever, runtime.engine.retriever.encoder
    reranker, base = runtime.engine.retriever.reranker, runtime.engine.base_model
    total, newest = given_up(runtime.store, _SHOWN)
    counts = document_counts(runtime.store)
    computing = encoder.computing if isinstance(encoder, Computing) else {}
    return Examination(
        encoder=settings.encoder.name if settings.encoder else default_encoder().parent.name.replace("_", "-"),
        space_id=encoder.space_id,
        precision=computing.get("precision", settings.precision),
        passages=computing.get("passages"),
        questions=computing.get("questions"),
        cpu=cpu_name(),
        reading=protections().in_words(),
        reranker=reranker.id if reranker else None,
        base_model=f"{base.lineage.name} ({base.id})" if base else None,
        disk_free=runtime.store.database.space.free(),
        database_bytes=runtime.store.folder.database.stat().st_size,
        settings_from=settings_from(),
        given_up_total=total,
        domains=[_domain(runtime, name, each, counts) for name, each in served_releases(runtime.store)],
        queue=waiting_jobs(runtime.store),
        given_up=newest,
        stale=stale_learners(runtime.store),
        settings=_in_force(runtime.settings),
    )


def _domain(
    runtime: Runtime, name: str, release: Release[JsonObject], counts: Mapping[str, Mapping[str, int]]
) -> DomainState:
    retriever = runtime.engine.retriever
    texts, share = measured_texts(runtime.store, release.domain_id, retriever.encoder.space_id)
    manifest = typed(release).manifest
    weight = manifest.retrieval.dense_weight
    documents = counts.get(release.domain_id, {})
    return DomainState(
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


def _in_force(settings: Settings) -> dict[str, str]:
    """Return every setting by its dotted name; neither the key nor the place of the data folder is shown."""

    def flat(values: Mapping[str, Json], prefix: str) -> Iterator[tuple[str, str]]:
        for name, value in values.items():
            if isinstance(value, dict) and value:
                yield from flat(value, f"{prefix}{name}.")
            else:
                yield f"{prefix}{name}", json.dumps(value, ensure_ascii=False)

    shown = dict(flat(settings.model_dump(mode="json", exclude={"api_key", "home"}), ""))
    return shown | {"api_key": "set" if settings.api_key else "null"}
