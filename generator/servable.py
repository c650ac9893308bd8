"""Which arms a release can serve, by its backend and its adapter. Any other is refused by name, never replaced."""

from __future__ import annotations

from collections.abc import Callable

from generator.arms import SERVED, Arm
from generator.backends.table import backend_of
from generator.manifest import Manifest
from store.errors import ConflictError, InvalidInputError
from store.models import Model

_MODEL_WAY = (
    " Set generator.base_model, restart, `tandem release create -d DOMAIN generation.backend=transformers`, and promote"
    " that release."
)
_ADAPTER_WAY = " Train one: `tandem tune generator --dataset NAME -d DOMAIN --trained {}`."


def _unavailable(arm: str, missing: str, way: str = "") -> ConflictError:
    return ConflictError(f"The arm {arm!r} needs {missing}.{way}", code="arm_unavailable", param="arm")


def served_arm(manifest: Manifest, name: str, find_model: Callable[[str], Model]) -> tuple[Arm, str | None]:
    """Return the arm and the adapter it uses; `ConflictError` names what a release lacks to serve it."""
    if name not in SERVED:
        raise InvalidInputError(f"There is no arm {name!r}; choose one of {', '.join(SERVED)}.", param="arm")
    arm = SERVED[name]
    if not arm.passages and not backend_of(manifest.generation.backend).without_passages:
        raise _unavailable(name, "a language model; this release quotes passages", _MODEL_WAY)
    if arm.trained is None:
        return arm, None
    if manifest.adapter is None:
        raise _unavailable(
            name, f"an adapter trained {arm.trained}; this release has none", _ADAPTER_WAY.format(arm.trained)
        )
    model = find_model(manifest.adapter)
    trained = model.lineage.trained
    if model.base != manifest.base_model:
        raise _unavailable(name, f"the base model {model.base} of its adapter; this release has {manifest.base_model}")
    if trained != arm.trained:
        raise _unavailable(name, f"an adapter trained {arm.trained}; that of this release was trained {trained}")
    prompt = model.lineage.prompt or manifest.prompt
    if prompt != manifest.prompt:
        missing = f"the prompt {prompt.name} of its adapter; this release has {manifest.prompt.name}"
        raise _unavailable(name, f"{missing} (prompt.name={prompt.name} makes one that fits)")
    return arm, manifest.adapter
