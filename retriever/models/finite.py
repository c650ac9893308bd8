"""Numbers that are not finite are errors where they come into being: they are never stored and never ranked."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from store.errors import ComputationError

Floats = TypeVar("Floats", bound=npt.NDArray[np.floating])


def finite(values: Floats, what: str, way_out: str = "") -> Floats:
    """Return the array as it is, or raise `ComputationError`: `what` names who computed it, `way_out` what to do."""
    bad = values.size - int(np.count_nonzero(np.isfinite(values)))
    if bad:
        raise ComputationError(f"{what} computed {bad} of {values.size} numbers that are not finite.{_after(way_out)}")
    return values


def _after(sentence: str) -> str:
    return f" {sentence}" if sentence else ""
