"""Releases of earlier versions: read with what they meant, and stored as they were made."""

from __future__ import annotations

import pytest
from manifests import QUOTING

from generator.manifest import Manifest, changed_manifest
from generator.releases import make_release, typed
from store.domains import Domain
from store.errors import DamagedError
from store.json_values import Json
from store.release_models import models_of
from store.releases import create_release, get_release
from store.store import Store

FIRST = {"mode": "hybrid", "passages": 4}
RANKED = {**FIRST, "candidates": 30, "rank_constant": 20}
FUSED = {**RANKED, "fusion": "convex", "dense_weight": 0.55, "rerank": 10}


def _read(store: Store, domain: Domain, **changes: Json) -> Manifest:
    stored = QUOTING.as_json() | changes
    release = create_release(store, domain.id, stored)
    assert get_release(store, release.id).manifest == stored, "what is stored has the hash that is its id"
    return typed(release).manifest


@pytest.mark.parametrize(
    ("retrieval", "meant"),
    [
        (FIRST, {"candidates": 50, "rank_constant": 60, "fusion": "ranks", "dense_weight": 0.5, "rerank": 20}),
        (RANKED, {"candidates": 30, "rank_constant": 20, "fusion": "ranks", "dense_weight": 0.5, "rerank": 20}),
        (FUSED, {"candidates": 30, "rank_constant": 20, "fusion": "convex", "dense_weight": 0.55, "rerank": 10}),
    ],
    ids=["the first ones", "before scores were fused", "before weights moved with the question"],
)
def test_a_release_goes_on_doing_what_it_did(
    store: Store, domain: Domain, retrieval: dict[str, Json], meant: dict[str, Json]
) -> None:
    found = _read(store, domain, retrieval=retrieval)

    assert dict(found.retrieval) == {"mode": "hybrid", "passages": 4, "spread_gain": 0.0, **meant}
    assert found == QUOTING.model_copy(update={"retrieval": found.retrieval})


@pytest.mark.parametrize("stored", [0, {}, {"count": 0}])
def test_a_release_of_before_there_were_shots_shows_none(store: Store, domain: Domain, stored: Json) -> None:
    assert _read(store, domain, shots=stored) == QUOTING


def test_a_release_made_from_an_old_one_does_the_same_and_says_so(store: Store, domain: Domain) -> None:
    old = _read(store, domain, retrieval=FIRST)

    made = make_release(store, domain.id, changed_manifest(old, {"retrieval.passages": 6}))

    assert typed(made).manifest == old.model_copy(
        update={"retrieval": old.retrieval.model_copy(update={"passages": 6})}
    )
    assert made.manifest["retrieval"] == {**dict(old.retrieval), "passages": 6}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"shots": 3}, "shots"),
        ({"colour": "red"}, "colour"),
        ({"retrieval": None}, "retrieval"),
        ({"generation": {"backend": "oracle"}}, "generation.backend"),
    ],
)
def test_a_release_that_this_version_cannot_read_is_named_with_what_is_wrong(
    store: Store, domain: Domain, changes: dict[str, Json], named: str
) -> None:
    release = create_release(store, domain.id, QUOTING.as_json() | changes)

    with pytest.raises(DamagedError, match=f"{release.id} cannot be read: {named} ") as caught:
        typed(release)

    assert caught.value.code == "unreadable_release"


def test_a_release_is_stored_with_its_registered_models_by_role(store: Store, domain: Domain) -> None:
    named = {"adapter": "mdl_a", "query_encoder": "mdl_q", "reranker": "reader", "base_model": "mdl_base"}
    manifest = QUOTING.model_copy(update=named)

    release = make_release(store, domain.id, manifest)

    assert manifest.models == {"adapter": "mdl_a", "query_encoder": "mdl_q"}  # a base is configured, a reader ships
    with store.database.read() as connection:
        assert models_of(connection, release.id) == manifest.models
    assert QUOTING.models == {}
