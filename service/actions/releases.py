"""Releases: making one from another, promotion, and the way back."""

from __future__ import annotations

from dataclasses import dataclass

from eval.calibration import calibrate, calibration_questions, fit_dense_weight, seen_in
from generator.answering import Pinned
from generator.arms import servable_arm
from generator.backends.table import WRITING, backend_of
from generator.manifest import Manifest, changed_manifest
from generator.releases import make_release, typed
from generator.shots import with_dataset
from service.access import Access
from service.actions.promotion import promote_through_gate
from service.runtime import Runtime
from store.calibrations import record_calibration
from store.domains import Domain, domain_of
from store.errors import InvalidInputError, NotFoundError
from store.json_values import JsonObject
from store.models import get_model
from store.releases import Release, get_release, rollback, rollback_target
from store.store import Store

Named = tuple[Release[JsonObject], str]  # with the name of its domain


@dataclass(frozen=True)
class Wanted:
    """A release to make: the one with the id `source`, None for the active one, with these changes.

    `calibrate` names a data set whose dev split, or else train split, fits the weight of the dense side and the
    evidence thresholds anew.
    """

    source: str | None
    changes: JsonObject
    calibrate: str | None = None


def make(runtime: Runtime, domain: Domain, wanted: Wanted) -> Release[JsonObject]:
    """Make a release, which serves nobody until it is promoted.

    Raises `InvalidInputError` for a change that cannot be, and `ConflictError` for a release that could not answer.
    """
    source = get_release(runtime.store, wanted.source or domain.release)
    if source.domain_id != domain.id:
        raise NotFoundError(
            f"There is no release {source.id!r} in this domain.", code="release_not_found", param="from"
        )
    manifest = changed_manifest(typed(source).manifest, wanted.changes)
    if wanted.changes.get("adapter") is not None:
        manifest = _with_adapter(runtime.store, domain.id, manifest, wanted.changes)
    manifest = with_dataset(runtime.store, domain.id, runtime.engine.with_base_model(manifest))
    runtime.engine.check_servable(manifest)
    if wanted.calibrate is not None:
        manifest = _calibrated(runtime, Pinned(domain.id, source.id, manifest), wanted.calibrate)
    return make_release(runtime.store, domain.id, manifest)


def get(runtime: Runtime, release_id: str, access: Access) -> Named:
    """Return a release, or raise `NotFoundError`."""
    return _named(runtime, _seen(runtime, release_id, access))


def promote(runtime: Runtime, release_id: str, access: Access, *, force: bool, reason: str) -> Named:
    """Make a release the active one, if the gate is open or by force, and if the server can answer under it."""
    runtime.engine.check_servable(typed(_seen(runtime, release_id, access)).manifest)
    limits = runtime.settings.eval
    return _named(runtime, promote_through_gate(runtime.store, release_id, limits, force=force, reason=reason))


def roll_back(runtime: Runtime, domain: Domain) -> Release[JsonObject]:
    """Return to the release that was active before, unless the server could not answer under it."""
    target = rollback_target(runtime.store, domain.id)
    if target is not None:
        runtime.engine.check_servable(typed(target).manifest)
    return rollback(runtime.store, domain.id)


def _seen(runtime: Runtime, release_id: str, access: Access) -> Release[JsonObject]:
    found = get_release(runtime.store, release_id)
    access.check(found.domain_id, "release", release_id)
    return found


def _named(runtime: Runtime, release: Release[JsonObject]) -> Named:
    return release, domain_of(runtime.store, release.domain_id).name


def _calibrated(runtime: Runtime, source: Pinned, dataset: str) -> Manifest:
    """Return the manifest with the weight and the thresholds that fit a data set, and note what they were fitted to."""
    store, domain_id, manifest = runtime.store, source.domain_id, source.manifest
    questions = calibration_questions(store, domain_id, dataset)
    weight = fit_dense_weight(runtime.engine, source, questions)
    manifest = changed_manifest(manifest, {"retrieval.dense_weight": weight})
    found = calibrate(runtime.engine, Pinned(domain_id, source.release, manifest), questions)
    manifest = changed_manifest(manifest, {"thresholds": found.thresholds.model_dump(mode="json")})
    about = {"dataset": dataset, "samples": found.samples, "auroc": round(found.auroc, 4)}
    record_calibration(store, domain_id, manifest.thresholds.weights.by_name(), seen_in(store, questions), about)
    return manifest


def _with_adapter(store: Store, domain_id: str, manifest: Manifest, changes: JsonObject) -> Manifest:
    """Return the manifest with what its adapter implies: a language model, its prompt, and its arm."""
    model = get_model(store, str(manifest.adapter))
    if model.domain_id != domain_id or model.kind != "adapter":
        raise InvalidInputError(f"{model.id} is no adapter of this domain.", param="set.adapter")
    backend = manifest.generation.backend if backend_of(manifest.generation.backend).needs_base else WRITING
    generation = manifest.generation.model_copy(update={"backend": backend})
    nested = changes.get("generation", {})
    if "generation.arm" not in changes and not (isinstance(nested, dict) and "arm" in nested):
        generation = generation.model_copy(update={"arm": servable_arm(str(model.lineage.trained))})
    names_prompt = "prompt" in changes or any(name.startswith("prompt.") for name in changes)
    prompt = manifest.prompt if names_prompt else model.lineage.prompt or manifest.prompt
    return manifest.model_copy(update={"prompt": prompt, "generation": generation})
