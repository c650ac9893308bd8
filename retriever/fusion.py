"""Fusion of rankings by weighted reciprocal ranks (Cormack, Clarke and Büttcher 2009)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

UNREADABLE = 0.2  # share of unknown tokens above which the encoder does not understand a question


def reciprocal_ranks(
    rankings: Mapping[str, Sequence[int]], weights: Mapping[str, float], constant: int
) -> list[tuple[int, float]]:
    """Return (id, score) pairs, best first, equal scores by id: the sum of weight / (constant + rank), ranks from 1."""
    scores: dict[int, float] = {}
    for name, ranking in rankings.items():
        for rank, key in enumerate(ranking, start=1):
            if weights[name] > 0:
                scores[key] = scores.get(key, 0.0) + weights[name] / (constant + rank)
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))


def weights_for(unknown_share: float, lexical_hits: int) -> dict[str, float]:
    """Return the weights of the two rankings for a question.

    A question that the encoder reads as unknown tokens (Chinese for an English encoder) gives random cosines, and equal
    weights then halve the quality of the fused ranking. So such a question is ranked by words alone, where words hit.
    """
    dense = 0.0 if unknown_share > UNREADABLE and lexical_hits else 1.0
    return {"dense": dense, "lexical": 1.0}
