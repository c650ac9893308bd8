"""A handbook with a fact about leave, a question about it, and releases that judge the evidence by words."""

from __future__ import annotations

from generator.answering import Pinned
from generator.engine import Engine
from generator.evidence import DEFAULT_THRESHOLDS
from generator.manifest import changed_manifest
from generator.releases import make_release
from store.json_values import Json
from store.releases import promote

LEAVE = "Employees receive 25 days of annual leave. Unused days expire in March."
ASKED = "Employees receive annual leave?"
# Only the words of a question count here: the cosines of `HashEncoder` are random.
_WEIGHTS: dict[str, Json] = {**dict.fromkeys(DEFAULT_THRESHOLDS.weights.by_name(), 0.0), "bias": -3.0, "coverage": 6.0}
BY_WORDS: dict[str, Json] = {"evidence": 0.35, "weights": _WEIGHTS}


def pin(engine: Engine, **changes: Json) -> Pinned:
    """Promote the release with these changes and pin it."""
    pinned = engine.pin("handbook")
    manifest = changed_manifest(pinned.manifest, changes)
    promote(engine.store, make_release(engine.store, pinned.domain_id, manifest).id, forced=False, reason="test")
    return engine.pin("handbook")
