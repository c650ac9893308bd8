"""What tests of the search share: plans with a change, texts of the hits, and a reranker without a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from fakes import HashEncoder

from retriever.search.retrieval_part import RetrievalPart, SearchPlan
from retriever.search.search import Result
from retriever.settings import RetrieverSettings

Search = Callable[..., Result]


def retrieval_part(**settings: object) -> RetrievalPart:
    """Return settings of retrieval: those of the tests' domain but for the given ones."""
    usual = {
        "mode": "hybrid",
        "passages": 4,
        "candidates": 50,
        "fusion": "convex",
        "dense_weight": 0.4,
        "spread_gain": 3.0,
        "rank_constant": 60,
        "rerank": 20,
    }
    return RetrievalPart.model_validate(usual | settings)


def usual_plan() -> SearchPlan:
    """Return how the release of the tests' domain wants it searched."""
    return SearchPlan(HashEncoder.space_id, RetrieverSettings().chunker.passage_set, None, retrieval_part())


def changed(plan: SearchPlan, **settings: object) -> SearchPlan:
    """Return the plan of a release with other settings of its retrieval."""
    return replace(plan, retrieval=retrieval_part(**{**dict(plan.retrieval), **settings}))


def texts_of(result: Result) -> list[str]:
    """Return the texts of the hits, best first."""
    return [hit.passage.text for hit in result.hits]


class ShortestFirst:
    """Prefers short passages; its scores alone decide."""

    id = "shortest"
    weight: float | None = None

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        del query
        return [-float(len(text)) for text in texts]
