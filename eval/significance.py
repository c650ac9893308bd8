"""Intervals and tests that resample whole clusters of questions.

Questions about one document are not independent; resampling single questions would give intervals that are too narrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

_CHUNK = 500  # resamples drawn at once, for the memory's sake
_LEVEL = 0.95
_EXACT = 12  # up to so many clusters all signs are tried
_Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A mean with the ends of its 95 % percentile interval; `n` values in `clusters` groups."""

    mean: float
    low: float
    high: float
    n: int
    clusters: int


def bootstrap_mean(
    values: Sequence[float],
    clusters: Sequence[str],
    resamples: int,
    seed: int,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> Interval:
    """Return the mean of the values and its interval; `clusters` names the group of each value.

    For the difference of two systems pass the differences per question: that is what pairs them. Where all resamples
    agree, the interval has the width that so few clusters leave open: each further cluster might lie at one of the
    `bounds` of a value, with the probability that the clusters seen do not exclude (Clopper and Pearson 1934).
    """
    if not values:
        return Interval(0.0, 0.0, 0.0, 0, 0)
    sums, counts = _by_cluster(values, clusters)
    generator = np.random.default_rng(seed)
    means = []
    for start in range(0, resamples, _CHUNK):
        drawn = generator.integers(0, len(sums), size=(min(_CHUNK, resamples - start), len(sums)))
        means.append(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1))
    mean = float(sums.sum() / counts.sum())
    tail = (1 - _LEVEL) / 2
    low, high = (float(end) for end in np.quantile(np.concatenate(means), [tail, 1 - tail]))
    if high - low < 1e-12:
        unseen = 1 - tail ** (1 / len(sums))
        low, high = mean + unseen * (bounds[0] - mean), mean + unseen * (bounds[1] - mean)
    return Interval(mean, low, high, len(values), len(sums))


def sign_flip_p(values: Sequence[float], clusters: Sequence[str], flips: int, seed: int, null: float = 0.0) -> float:
    """Return the two-sided p-value of the mean of paired differences being `null`, by flipping the signs of clusters.

    Every choice of signs is tried for up to 12 clusters; above that `flips` are drawn, and the smallest p-value is
    1 / (flips + 1). Without values, or where nothing differs, it is 1.
    """
    if not values:
        return 1.0
    sums, _ = _by_cluster([value - null for value in values], clusters)
    seen = abs(float(sums.sum())) - 1e-9
    if len(sums) <= _EXACT:
        signs = np.array(list(product((-1.0, 1.0), repeat=len(sums))))
        return float((np.abs(signs @ sums) >= seen).mean())
    generator = np.random.default_rng(seed)
    reached = 0
    for start in range(0, flips, _CHUNK):
        drawn = generator.choice((-1.0, 1.0), size=(min(_CHUNK, flips - start), len(sums)))
        reached += int((np.abs(drawn @ sums) >= seen).sum())
    return (reached + 1) / (flips + 1)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values corrected for being looked at together (Holm 1979), in the given order."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    corrected, worst = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        worst = max(worst, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = worst
    return corrected


def _by_cluster(values: Sequence[float], clusters: Sequence[str]) -> tuple[_Array, _Array]:
    """Return the sum and the number of the values of each cluster."""
    names = {name: place for place, name in enumerate(dict.fromkeys(clusters))}  # by appearance: ids are random
    groups = np.array([names[name] for name in clusters])
    sums = np.bincount(groups, weights=np.array(values, dtype=np.float64)).astype(np.float64)
    return sums, np.bincount(groups).astype(np.float64)
