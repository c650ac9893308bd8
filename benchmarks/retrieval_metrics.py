"""nDCG@10 and recall@10 over documents, as trec_eval computes them: linear gains, ties in the order given."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

DEPTH = 10


def ndcg(ranked: Sequence[str], grades: Mapping[str, int]) -> float:
    """Return nDCG@10 (Järvelin and Kekäläinen 2002) of ranked document ids, 0 to 1."""
    gain = sum(grades.get(document, 0) / math.log2(rank + 2) for rank, document in enumerate(ranked[:DEPTH]))
    best = sorted(grades.values(), reverse=True)[:DEPTH]
    return gain / sum(grade / math.log2(rank + 2) for rank, grade in enumerate(best))


def recall(ranked: Sequence[str], grades: Mapping[str, int]) -> float:
    """Return the share of the relevant documents among the first ten, 0 to 1."""
    return len(set(ranked[:DEPTH]) & grades.keys()) / len(grades)
