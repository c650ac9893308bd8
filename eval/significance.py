"""Intervals by the paired bootstrap, resampling whole documents.

Questions about one document are not independent; resampling single questions would give intervals that are too narrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_CHUNK = 500  # resamples drawn at once, for the memory's sake


@dataclass(frozen=True)
class Interval:
    """A mean with the ends of its 95 % percentile interval; `n` values in `clusters` groups."""

    mean: float
    low: float
    high: float
    n: int
    clusters: int

    @property
    def above_zero(self) -> bool:
        """Whether the whole interval lies above zero."""
        return self.low > 0


def bootstrap_mean(values: Sequence[float], clusters: Sequence[str], resamples: int, seed: int) -> Interval:
    """Return the mean of the values and its interval; `clusters` names the group of each value.

    For the difference of two systems pass the differences per question: that is what pairs them.
    """
    if not values:
        return Interval(0.0, 0.0, 0.0, 0, 0)
    names = {name: place for place, name in enumerate(dict.fromkeys(clusters))}  # by appearance: ids are random
    groups = np.array([names[name] for name in clusters])
    sums = np.bincount(groups, weights=np.array(values, dtype=np.float64))
    counts = np.bincount(groups).astype(np.float64)
    generator = np.random.default_rng(seed)
    means = []
    for start in range(0, resamples, _CHUNK):
        drawn = generator.integers(0, len(names), size=(min(_CHUNK, resamples - start), len(names)))
        means.append(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1))
    low, high = np.quantile(np.concatenate(means), [0.025, 0.975])
    return Interval(float(sums.sum() / counts.sum()), float(low), float(high), len(values), len(names))
