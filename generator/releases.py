"""Releases with their manifests checked: what the store keeps as JSON, as `Manifest`.

A release that was made before a setting was there goes on doing what it did: an upgrade fills in what that was. The
store keeps the release as it was made, since its id is the hash of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from pydantic import ValidationError

from generator.evidence import OF_WINDOWS
from generator.manifest import Manifest
from store.errors import DamagedError
from store.json_values import JsonObject
from store.refusals import explain
from store.releases import Release, create_release
from store.store import Store


@dataclass(frozen=True)
class Upgrade:
    """What manifests lacked, or named otherwise, until some version, and the function that makes it explicit."""

    name: str
    apply: Callable[[JsonObject], JsonObject]


def _fill(part: str, meant: JsonObject, manifest: JsonObject) -> JsonObject:
    """Return the manifest with the settings in `part` that it lacks."""
    present = manifest.get(part)
    if not isinstance(present, dict) or meant.keys() <= present.keys():
        return manifest
    return {**manifest, part: {**meant, **present}}


def _fill_weights(meant: JsonObject, manifest: JsonObject) -> JsonObject:
    """Return the manifest with the weights of evidence that it lacks."""
    thresholds = manifest.get("thresholds")
    if not isinstance(thresholds, dict):
        return manifest
    return {**manifest, "thresholds": dict(_fill("weights", meant, thresholds))}


def _without_shots(manifest: JsonObject) -> JsonObject:
    """Return the manifest with its number of shots, which could only be none, as a part."""
    return {**manifest, "shots": {}} if manifest.get("shots", 0) == 0 else manifest


UPGRADES = (  # from the oldest to the newest, each applied to what those before it made
    Upgrade("fifty hits of each index", partial(_fill, "retrieval", {"candidates": 50, "rank_constant": 60})),
    Upgrade(
        "ranks fused, in equal parts",
        partial(_fill, "retrieval", {"fusion": "ranks", "dense_weight": 0.5, "rerank": 20}),
    ),
    Upgrade("one weight for every question", partial(_fill, "retrieval", {"spread_gain": 0.0})),
    Upgrade("evidence of passages alone", partial(_fill_weights, dict.fromkeys(OF_WINDOWS, 0.0))),
    Upgrade("no examples before the question", _without_shots),
)


def typed(release: Release[JsonObject]) -> Release[Manifest]:
    """Return the release with its manifest checked; `DamagedError` if this version cannot read it."""
    manifest = release.manifest
    for upgrade in UPGRADES:
        manifest = upgrade.apply(manifest)
    try:
        valid = Manifest.model_validate(manifest)
    except ValidationError as error:
        _, reason = explain(error.errors()[0], manifest)
        message = f"The release {release.id} cannot be read: {reason} Promote another, or roll back."
        raise DamagedError(message, code="unreadable_release") from error
    return Release(release.id, release.domain_id, valid, release.created_at, active=release.active)


def make_release(store: Store, domain_id: str, manifest: Manifest) -> Release[JsonObject]:
    """Store a release of `manifest` and return it; an equal one is returned as it is."""
    return create_release(store, domain_id, manifest.as_json(), manifest.models)
