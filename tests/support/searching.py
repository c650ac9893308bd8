"""What tests of the search share: manifests with a change, texts of the hits, and a reranker without a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from retriever.search.search import Result

Search = Callable[..., Result]


def changed(manifest: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """Return the manifest of a release with other settings of its retrieval."""
    return {**manifest, "retrieval": {**manifest["retrieval"], **settings}}


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
