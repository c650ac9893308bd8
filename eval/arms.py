"""The arms of a comparison. Each is a whole release manifest, so that what was measured is what can be promoted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generator.arms import ARM_OF, BY_COST, DEFAULT_ARM
from generator.backends.table import QUOTING, WRITING, backend_of
from generator.manifest import Manifest
from store.errors import InvalidInputError
from store.models import Model

ACTIVE = "active"  # what is served now, where that is none of the arms
_NAMED = 5  # adapters in a message


@dataclass(frozen=True)
class ArmSetup:
    """An arm that can be measured, by the manifest that would serve it."""

    name: str
    manifest: Manifest
    release: str | None = None  # one that is stored already


def set_up_arms(
    names: Sequence[str] | None,
    active: Manifest,
    base_model: str | None,
    adapters: Sequence[Model],
    chosen: Sequence[str] = (),
) -> tuple[list[ArmSetup], dict[str, str]]:
    """Return the arms in the order of their cost, and why others are left out.

    `adapters` are the candidates, newest first; an arm takes the one of `chosen`, else the newest, that was trained its
    way. Without `names` all arms are set up that can be; an arm that is named but cannot be set up, and a chosen
    adapter that cannot be used, is an `InvalidInputError`.
    """
    wanted = BY_COST if names is None else tuple(names)
    adapters = _chosen_first(adapters, chosen, base_model, wanted)
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


def _set_up(name: str, active: Manifest, base_model: str | None, adapters: Sequence[Model]) -> ArmSetup | str:
    arm = ARM_OF[name]
    if arm.quotes:
        quoting = active.generation.model_copy(update={"backend": QUOTING, "arm": DEFAULT_ARM})
        return ArmSetup(name, active.model_copy(update={"generation": quoting, "base_model": None, "adapter": None}))
    if base_model is None:
        return "no language model is configured (generator.base_model)."
    backend = active.generation.backend if backend_of(active.generation.backend).needs_base else WRITING
    generation = active.generation.model_copy(update={"backend": backend, "arm": name})
    manifest = active.model_copy(update={"generation": generation, "base_model": base_model})
    way = arm.trained
    if way is None:
        return ArmSetup(name, manifest.model_copy(update={"adapter": None}))
    mine = [model for model in adapters if model.lineage.trained == way]
    hindrances = [_hindrance(model, base_model) for model in mine]
    for model, hindrance in zip(mine, hindrances, strict=True):
        if not hindrance:
            prompt = model.lineage.prompt or active.prompt
            return ArmSetup(name, manifest.model_copy(update={"prompt": prompt, "adapter": model.id}))
    if hindrances:
        return f"{'; '.join(hindrances[:_NAMED])}. Tune again (tandem tune generator)."
    return f"no adapter was trained {way} (tandem tune generator)."


def _hindrance(model: Model, base_model: str | None) -> str:
    """Return why an adapter cannot be measured, or an empty string."""
    if "tainted" in model.flags:
        return f"{model.id} is tainted: it learned from a document that was deleted"
    return "" if model.base == base_model else f"{model.id} was trained for the base model {model.base}"


def _chosen_first(
    adapters: Sequence[Model], chosen: Sequence[str], base_model: str | None, wanted: Sequence[str]
) -> list[Model]:
    """Return the adapters with the chosen ones first, or raise `InvalidInputError` if one of these is of no use."""
    known = {model.id: model for model in adapters}
    ways = {ARM_OF[name].trained for name in wanted if name in ARM_OF}
    for key in chosen:
        if key not in known:
            raise InvalidInputError(f"There is no adapter {key[:80]!r} in this domain.", param="adapters")
        hindrance = _hindrance(known[key], base_model)
        if hindrance:
            raise InvalidInputError(f"{hindrance}.", code="arm_unavailable", param="adapters")
        if known[key].lineage.trained not in ways:
            trained = known[key].lineage.trained
            raise InvalidInputError(f"{key} was trained {trained}, which no arm that was asked for uses.", param="arms")
    return [*(known[key] for key in chosen), *(model for model in adapters if model.id not in chosen)]
