"""The arms of a comparison. Each is a whole release manifest, so that what was measured is what can be promoted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator.answering import ARMS
from store.errors import InvalidInputError
from store.models import Model

EXTRACTIVE = "extractive"
BY_COST = (EXTRACTIVE, "base", "rag", "tuned", "tuned+rag", "combined")  # what a verdict prefers at equal quality
DEFAULT_ARMS = (EXTRACTIVE, "base", "rag", "tuned", "combined")


@dataclass(frozen=True)
class ArmSetup:
    """An arm that can be measured, by the manifest that would serve it."""

    name: str
    manifest: dict[str, Any]


def set_up_arms(
    names: Sequence[str] | None, active: Mapping[str, Any], base_model: str | None, adapters: Sequence[Model]
) -> tuple[list[ArmSetup], dict[str, str]]:
    """Return the arms in the order of their cost, and why others are left out.

    `adapters` are the candidates, newest first; an arm takes the newest that was trained its way. Without `names` the
    default arms are set up as far as possible; an arm that is named but cannot be set up is an `InvalidInputError`.
    """
    wanted = DEFAULT_ARMS if names is None else tuple(names)
    unknown = [name for name in wanted if name not in BY_COST]
    if unknown:
        raise InvalidInputError(f"There is no arm {unknown[0]!r}; choose from {', '.join(BY_COST)}.", param="arms")
    found: list[ArmSetup] = []
    skipped: dict[str, str] = {}
    for name in BY_COST:
        if name not in wanted:
            continue
        setup = _set_up(name, active, base_model, adapters)
        if isinstance(setup, ArmSetup):
            found.append(setup)
        elif names is not None:
            raise InvalidInputError(
                f"The arm {name!r} cannot be measured: {setup}", code="arm_unavailable", param="arms"
            )
        else:
            skipped[name] = setup
    return found, skipped


def _set_up(name: str, active: Mapping[str, Any], base_model: str | None, adapters: Sequence[Model]) -> ArmSetup | str:
    generation = {**active["generation"], "arm": "rag" if name == EXTRACTIVE else name}
    if name == EXTRACTIVE:
        return ArmSetup(
            name, {**active, "generation": {**generation, "backend": "extractive"}, "base_model": None, "adapter": None}
        )
    if base_model is None:
        return "no language model is configured (generator.base_model)."
    manifest = {**active, "generation": {**generation, "backend": "transformers"}, "base_model": base_model}
    way = ARMS[name].adapter
    if way is None:
        return ArmSetup(name, {**manifest, "adapter": None})
    for model in adapters:
        if model.base == base_model and model.lineage["trained"] == way and "tainted" not in model.flags:
            trained_with = {"prompt": model.lineage["prompt"]} if "prompt" in model.lineage else {}
            return ArmSetup(name, {**manifest, **trained_with, "adapter": model.id})
    return f"no adapter was trained {way} (tandem tune generator)."
