"""The candidates of a search: what each index finds for a query, and in which order they stand together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from retriever.index.domain_index import Snapshot
from retriever.models.encoder import Encoder
from retriever.search.fusion import convex_combination, lexical_bound, readable_weight, reciprocal_ranks, weight_for
from retriever.search.retrieval_part import RetrievalPart

Mode = Literal["hybrid", "dense", "lexical"]
Scored = list[tuple[int, float]]  # (text id, score)


@dataclass(frozen=True)
class Asked:
    """What is looked for: `limit` texts from each side, only those in `allowed` if that is given.

    `unknown_share` is how much of query or domain the encoder cannot read, the larger of both.
    """

    query: str
    mode: Mode
    limit: int
    unknown_share: float
    allowed: set[int] | None


@dataclass(frozen=True)
class Candidates:
    """What each side found, and `fused`, best first; `weight` is that of the dense side, 0 to 1."""

    dense: Scored
    lexical: Scored
    fused: Scored
    weight: float
    unknown_share: float


def find_candidates(snapshot: Snapshot, encoder: Encoder, asked: Asked, settings: RetrievalPart) -> Candidates:
    """Return the candidates of a search under a release with these settings of retrieval."""
    lexical = snapshot.lexical.search(asked.query, asked.limit, asked.allowed) if asked.mode != "dense" else []
    legible = readable_weight(1.0, asked.unknown_share) * encoder.trust(asked.query)
    unreadable = asked.mode == "hybrid" and settings.dense_weight * legible == 0
    if asked.mode == "lexical" or (unreadable and lexical):
        bound = lexical_bound(snapshot.lexical.term_weights(asked.query))
        fused = [(key, score / bound) for key, score in lexical]
        return Candidates([], lexical, fused, 0.0, asked.unknown_share)
    vector = encoder.encode_queries([asked.query])
    dense = snapshot.dense.search(vector, asked.limit, asked.allowed)
    if asked.mode == "dense" or not lexical:
        return Candidates(dense, lexical, dense, 1.0, asked.unknown_share)
    if settings.fusion == "ranks":
        keys = {"dense": [key for key, _ in dense], "lexical": [key for key, _ in lexical]}
        ranks = reciprocal_ranks(keys, {"dense": 1.0, "lexical": 1.0}, settings.rank_constant)
        return Candidates(dense, lexical, ranks, 0.5, asked.unknown_share)
    cosines, bm25 = dict(dense), dict(lexical)
    by_words = bm25.keys() & snapshot.unembedded
    if unseen := bm25.keys() - cosines.keys():
        cosines |= dict(snapshot.dense.search(vector, len(unseen), unseen))
    if unseen := dict(dense).keys() - bm25.keys():
        bm25 |= dict(snapshot.lexical.search(asked.query, len(unseen), unseen))
    first = {key for side in (dense, lexical) for key, _ in side[: settings.candidates]}
    # Not over all candidates: more hits wanted shall change no weight.
    spread_over = [cosines[key] for key in first if key in cosines]
    weight = weight_for(settings.dense_weight, settings.spread_gain, spread_over) * legible
    bound = lexical_bound(snapshot.lexical.term_weights(asked.query))
    expected = {key: float(np.mean(spread_over)) if spread_over else 0.0 for key in by_words}  # neither near nor far
    fused = convex_combination(cosines | expected, {key: score / bound for key, score in bm25.items()}, weight)
    return Candidates(list(cosines.items()), list(bm25.items()), fused, weight, asked.unknown_share)


def places(pairs: Sequence[tuple[int, float]]) -> dict[int, int]:
    """Return the rank of each text, from 1; of equal scores the smaller id is first."""
    ordered = sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
    return {key: rank for rank, (key, _) in enumerate(ordered, start=1)}
