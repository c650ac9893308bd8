"""Fusion of the lexical and the dense ranking.

The default is a convex combination of calibrated scores (Bruch, Gai and Ingber 2022, "An Analysis of Fusion Functions
for Hybrid Retrieval"): w * cosine + (1 - w) * BM25 / bound. The bound is what BM25 gives a passage in which every word
of the query stands without end, so that a half means the same for each query: how much of the query, by rarity, is
there. Scaled so, one weight serves all the collections tried (docs/decisions); scaled by the best hit of the query
or by rank, as usual, it does not. The weight moves with the question: where the cosines of the candidates lie close
together the vectors cannot tell them apart, and count less (Shtok et al. 2012, "Predicting Query Performance by
Query-Drift Estimation", read how good a ranking is from the spread of its scores). Reciprocal ranks (Cormack, Clarke
and Büttcher 2009) are the fallback of releases that ask for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

UNREADABLE = 0.2  # share of unknown tokens from which on the encoder's vectors mean nothing
USUAL_SPREAD = 0.1  # standard deviation of the candidates' cosines, about that of MiniLM on the sets tried
_SATURATION = 2.2  # BM25's k1 + 1: what a term's frequency can multiply its idf by
_FIELDS = 2  # a term is searched as a word and as a stem

Scores = Mapping[int, float]


def lexical_bound(term_weights: Mapping[str, float]) -> float:
    """Return the BM25 score that a query with these idf weights cannot pass by much; 1 for a query without terms."""
    return _FIELDS * _SATURATION * sum(term_weights.values()) or 1.0


def readable_weight(weight: float, unknown_share: float) -> float:
    """Return the weight of the dense side for text of which the encoder cannot read this share: 0 from a fifth on."""
    return weight * max(0.0, 1.0 - unknown_share / UNREADABLE)


def weight_for(weight: float, gain: float, cosines: Sequence[float]) -> float:
    """Return the weight of the dense side for a question with these cosines of its candidates, 0 to 1.

    It is `weight` where they spread as usual, and `gain` times the difference more or less where they do not.
    """
    spread = float(np.std(cosines)) if len(cosines) else USUAL_SPREAD
    return min(1.0, max(0.0, weight + gain * (spread - USUAL_SPREAD)))


def convex_combination(dense: Scores, lexical: Scores, weight: float) -> list[tuple[int, float]]:
    """Return (id, weight * dense + (1 - weight) * lexical) pairs, best first, equal scores by id; what lacks is 0."""
    keys = dense.keys() | lexical.keys()
    scores = {key: weight * dense.get(key, 0.0) + (1 - weight) * lexical.get(key, 0.0) for key in keys}
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))


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
