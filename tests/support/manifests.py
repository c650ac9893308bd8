"""A whole manifest for tests: extractive, with passages, for the encoder without a model."""

from __future__ import annotations

from searching import usual_plan

from generator.evidence import DEFAULT_THRESHOLDS
from generator.manifest import GenerationPart, Manifest
from generator.prompt import load_prompt

_PLAN = usual_plan()
QUOTING = Manifest(
    query_encoder="hash",
    passage_encoder="hash",
    space_id=_PLAN.space_id,
    passage_set=_PLAN.passage_set,
    base_model=None,
    adapter=None,
    prompt=load_prompt().reference,
    retrieval=_PLAN.retrieval,
    generation=GenerationPart(backend="extractive"),
    thresholds=DEFAULT_THRESHOLDS,
)


def generating(manifest: Manifest, **changes: object) -> Manifest:
    """Return the manifest with other settings of its generation."""
    generation = {**dict(manifest.generation), **changes}
    return manifest.model_copy(update={"generation": GenerationPart.model_validate(generation)})
