"""Releases: make one, list, promote, roll back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from eval.calibration import calibrate, calibration_questions, fit_dense_weight, seen_in
from generator.answering import Pinned
from generator.arms import servable_arm
from generator.manifest import Manifest, changed_manifest
from generator.prompt import PromptReference
from generator.releases import make_release, typed
from service.http.objects import ObjectList
from service.http.paging import Page, page
from service.http.validation import Body
from service.promotion import promote_through_gate
from service.wire.tandem.objects.releases import ReleaseObject
from service.wire.tandem.routes.dependencies import DomainDep, RuntimeDep
from store.calibrations import record_calibration
from store.domains import domain_of
from store.errors import InvalidInputError, NotFoundError
from store.json_values import Json, JsonObject
from store.models import get_model
from store.releases import get_release, list_releases, rollback, rollback_target
from store.store import Store

router = APIRouter(tags=["releases"])


class NewRelease(Body):
    """A release to make: the one named `from` (default: the active one) with the changes `set`.

    `calibrate` names a data set whose dev split, or else train split, fits the weight of the dense side and the
    evidence thresholds anew.
    """

    from_: str | None = Field(None, alias="from")
    set: dict[str, Json] = Field(default_factory=dict)
    calibrate: str | None = Field(None, max_length=64)


class Promotion(Body):
    """How to promote; force needs a reason."""

    force: bool = False
    reason: str = Field("", max_length=2000)


@router.post("/v1/domains/{domain}/releases", status_code=201)
def create(body: NewRelease, domain: DomainDep, runtime: RuntimeDep) -> ReleaseObject:
    """Make a release, which serves nobody until it is promoted."""
    source = get_release(runtime.store, body.from_ or domain.release)
    if source.domain_id != domain.id:
        raise NotFoundError(
            f"There is no release {source.id!r} in this domain.", code="release_not_found", param="from"
        )
    manifest = changed_manifest(typed(source).manifest, body.set)
    if body.set.get("adapter") is not None:
        manifest = _with_adapter(runtime.store, domain.id, manifest, body.set)
    manifest = runtime.engine.with_base_model(manifest)
    runtime.engine.check_servable(manifest)
    if body.calibrate is not None:
        questions = calibration_questions(runtime.store, domain.id, body.calibrate)
        weight = fit_dense_weight(runtime.engine, Pinned(domain.id, source.id, manifest), questions)
        manifest = changed_manifest(manifest, {"retrieval.dense_weight": weight})
        found = calibrate(runtime.engine, Pinned(domain.id, source.id, manifest), questions)
        manifest = changed_manifest(manifest, {"thresholds": found.thresholds.model_dump(mode="json")})
        about = {"dataset": body.calibrate, "samples": found.samples, "auroc": round(found.auroc, 4)}
        weights = manifest.thresholds.weights.by_name()
        record_calibration(runtime.store, domain.id, weights, seen_in(runtime.store, questions), about)
    release = make_release(runtime.store, domain.id, manifest)
    return ReleaseObject.of(release, domain.name)


@router.get("/v1/domains/{domain}/releases")
def list_all(
    domain: DomainDep, runtime: RuntimeDep, page: Annotated[Page, Depends(page(20))]
) -> ObjectList[ReleaseObject]:
    """Return the releases of a domain, newest first."""
    found = reversed(list_releases(runtime.store, domain.id))
    return page.of([ReleaseObject.of(each, domain.name) for each in found])


@router.get("/v1/releases/{release}")
def get(release: str, runtime: RuntimeDep) -> ReleaseObject:
    """Return a release."""
    found = get_release(runtime.store, release)
    return ReleaseObject.of(found, domain_of(runtime.store, found.domain_id).name)


@router.post("/v1/releases/{release}/promote")
def promote(release: str, runtime: RuntimeDep, body: Promotion | None = None) -> ReleaseObject:
    """Make a release the active one, if the gate is open or by force."""
    how = body or Promotion()
    runtime.engine.check_servable(typed(get_release(runtime.store, release)).manifest)
    limits = runtime.settings.eval
    found = promote_through_gate(runtime.store, release, limits, force=how.force, reason=how.reason)
    return ReleaseObject.of(found, domain_of(runtime.store, found.domain_id).name)


@router.post("/v1/domains/{domain}/rollback")
def roll_back(domain: DomainDep, runtime: RuntimeDep) -> ReleaseObject:
    """Return to the release that was active before, unless the server could not answer under it."""
    target = rollback_target(runtime.store, domain.id)
    if target is not None:
        runtime.engine.check_servable(typed(target).manifest)
    return ReleaseObject.of(rollback(runtime.store, domain.id), domain.name)


def _with_adapter(store: Store, domain_id: str, manifest: Manifest, changes: JsonObject) -> Manifest:
    """Return the manifest with what its adapter implies: a language model, its prompt, and its arm."""
    model = get_model(store, str(manifest.adapter))
    if model.domain_id != domain_id or model.kind != "adapter":
        raise InvalidInputError(f"{model.id} is no adapter of this domain.", param="set.adapter")
    generation = manifest.generation.model_copy(update={"backend": "transformers"})
    nested = changes.get("generation", {})
    if "generation.arm" not in changes and not (isinstance(nested, dict) and "arm" in nested):
        generation = generation.model_copy(update={"arm": servable_arm(model.lineage["trained"])})
    names_prompt = "prompt" in changes or any(name.startswith("prompt.") for name in changes)
    kept = names_prompt or "prompt" not in model.lineage
    prompt = manifest.prompt if kept else PromptReference.model_validate(model.lineage["prompt"])
    return manifest.model_copy(update={"prompt": prompt, "generation": generation})
