"""Exact nearest vectors from a scan of 8-bit ones, which reads half of the memory and multiplies integers.

A vector x is kept as a step times integers, so that it loses a rest of known length; a query q is rounded in the same
way. The integers' inner product then misses q·x by at most |rest of q| |rounded x| + |q| |rest of x| (Cauchy-Schwarz).
The rows that look best are scored again with their float16 values, and if the last one wanted is better than all others
can be by that bound, the result is the exact one. Else it is not used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from retriever.index.faiss_index import Index, faiss
from retriever.models.encoder import Vectors
from retriever.models.measuring import clearly_quickest, timed

Rows = npt.NDArray[np.int64]

_LARGEST = 127
_RESCORED, _RESCORED_FACTOR = 64, 3  # rows that are scored again: so many, and so many more for each one wanted
_TRIED = 10  # hits of a search that is timed
_ROUNDING = 1e-5  # of sums in float32
_BATCH = 4_096  # rows that are float32 at a time


@dataclass(frozen=True, eq=False)
class RoundedVectors:
    """The vectors of an exact float16 index as 8-bit integers.

    `step` is what one unit of the integers is worth; `lost` the largest length of a rest, `longest` that of a rounded
    vector.
    """

    index: Index
    step: float
    lost: float
    longest: float

    @classmethod
    def of(cls, vectors: npt.NDArray[np.float16]) -> RoundedVectors | None:
        """Return the rounded vectors, None if all are zero or some number is not finite."""
        largest = float(np.abs(vectors).max(initial=0))
        if not 0 < largest < np.inf:
            return None
        step = largest / _LARGEST
        kind = faiss.ScalarQuantizer.QT_8bit_direct_signed
        index = faiss.IndexScalarQuantizer(vectors.shape[1], kind, faiss.METRIC_INNER_PRODUCT)
        lost = longest = 0.0
        for start in range(0, len(vectors), _BATCH):
            batch = vectors[start : start + _BATCH].astype(np.float32)
            units = np.rint(batch / step)
            index.add(units)
            units *= step
            longest = max(longest, _longest(units))
            lost = max(lost, _longest(batch - units))
        return cls(index, step, lost, longest)

    def nearest(self, exact: Index, query: Vectors, size: int, selector: object) -> tuple[Vectors, Rows] | None:
        """Return scores and rows of the `size` best of `exact`, best first; None if they cannot be told for sure.

        `exact` is the index of the same vectors as float16; at least `size` rows pass the selector.
        """
        largest = float(np.abs(query).max())
        many = _RESCORED + _RESCORED_FACTOR * size
        if largest == 0 or 2 * many > exact.ntotal:
            return None
        step = largest / _LARGEST
        units = np.rint(query / step)
        bounds, rows = np.empty((1, many), np.float32), np.empty((1, many), np.int64)
        self.index.search(units, many, params=faiss.SearchParameters(sel=selector), D=bounds, I=rows)
        scores, best = best_of(exact, np.sort(rows[rows >= 0]), query, size)
        others = float(bounds[0, -1]) * step * self.step  # the lowest number there is if all that may be are in `rows`
        return (scores, best) if scores[-1] > others + self.missed(query, units * step) else None

    def pays(self, exact: Index) -> bool:
        """Whether this CPU does not scan the float16 values of `exact` clearly quicker; tried for some milliseconds."""
        query = exact.reconstruct_n(0, 1)

        def rounded() -> object:
            return self.nearest(exact, query, _TRIED, None) or exact.search(query, _TRIED)

        # The usual way is first: on a busy machine the integers gain by what they leave of the cache, too.
        return (
            clearly_quickest(timed({"8 bits": rounded, "16 bits": lambda: exact.search(query, _TRIED)}, 0.0))
            == "8 bits"
        )

    def missed(self, query: Vectors, rounded: Vectors) -> float:
        """Return the most by which the inner product of two rounded vectors can differ from the exact one."""
        rest = float(np.linalg.norm(query - rounded))
        return rest * self.longest + float(np.linalg.norm(query)) * self.lost + _ROUNDING


def best_of(exact: Index, rows: Rows, query: Vectors, size: int) -> tuple[Vectors, Rows]:
    """Return scores and rows of the `size` best of some ascending rows of an exact index, best first.

    The scores are those of FAISS's search of all rows, bit for bit.
    """
    codes = faiss.rev_swig_ptr(exact.codes.data(), exact.ntotal * exact.code_size).reshape(exact.ntotal, -1)
    few = faiss.IndexScalarQuantizer(exact.d, exact.sq.qtype, exact.metric_type)
    few.add_sa_codes(codes[rows])
    scores, places = few.search(query, size)
    found = places[0] >= 0
    return scores[0][found], rows[places[0][found]]


def _longest(vectors: Vectors) -> float:
    return float(np.sqrt(np.einsum("ij,ij->i", vectors, vectors).max()))
