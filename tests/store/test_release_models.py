"""Models of a release by role: whatever the role, a model is guarded, tainted and released alike."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from writing import put, tune, using

from store import schema
from store.documents import delete_document
from store.domains import Domain, delete_domain
from store.errors import ConflictError
from store.models import delete_model, get_model
from store.release_models import ROLES
from store.releases import active_release, create_release, promote, rollback
from store.store import Store
from store.verify import verify_store

_NAMES = [("adapter", "adapter"), ("reranker", "reranker"), ("query_encoder", "query encoder")]


@pytest.mark.parametrize(("role", "name"), _NAMES)
def test_a_tainted_model_of_any_role_is_promoted_only_by_force(
    store: Store, domain: Domain, role: str, name: str
) -> None:
    document = put(store, domain.id, "a", "one")
    tainted, sound = tune(store, domain.id, document), tune(store, domain.id)
    release = using(store, domain.id, **{role: tainted.id, "passage_encoder": sound.id})
    delete_document(store, domain.id, document.id)

    with pytest.raises(ConflictError, match=f"The {name} {tainted.id} learned from a document") as caught:
        promote(store, release.id, forced=False, reason="")
    assert caught.value.code == f"{role}_tainted"
    assert active_release(store, domain.id).id == domain.release

    assert promote(store, release.id, forced=True, reason="the deletion was a mistake").active
    assert [get_model(store, model.id).state for model in (tainted, sound)] == ["released", "released"]


@pytest.mark.parametrize(("role", "name"), _NAMES)
def test_a_damaged_model_of_any_role_keeps_its_release_from_serving(
    store: Store, domain: Domain, role: str, name: str
) -> None:
    broken, sound = tune(store, domain.id), tune(store, domain.id)
    release = using(store, domain.id, **{role: broken.id, "passage_encoder": sound.id})
    (store.folder.root / broken.path / "adapter_config.json").write_text("{}")

    with pytest.raises(ConflictError, match=f"The {name} {broken.id} is damaged") as caught:
        promote(store, release.id, forced=True, reason="now")

    assert caught.value.code == f"{role}_damaged"
    assert active_release(store, domain.id).id == domain.release


@pytest.mark.parametrize("role", ROLES)
def test_a_model_is_kept_while_a_release_that_is_served_or_the_one_before_uses_it(
    store: Store, domain: Domain, role: str
) -> None:
    model, other = tune(store, domain.id), tune(store, domain.id)
    other_role = ROLES[ROLES.index(role) - 1]
    releases = [
        using(store, domain.id, {"label": label}, **named).id
        for label, named in (("A", {role: model.id, other_role: other.id}), ("B", {}), ("C", {}))
    ]
    for release in releases[:2]:
        promote(store, release, forced=False, reason="")
    for kept in (model, other):
        with pytest.raises(ConflictError) as caught:
            delete_model(store, kept.id)
        assert caught.value.code == "model_in_use"

    promote(store, releases[2], forced=False, reason="")
    delete_model(store, model.id)
    rollback(store, domain.id)

    with pytest.raises(ConflictError) as caught:
        rollback(store, domain.id)
    assert caught.value.code == f"{role}_missing"
    assert verify_store(store) == []


def test_states_follow_the_pointer_for_every_role(store: Store, domain: Domain) -> None:
    adapter, encoder, better = (tune(store, domain.id) for _ in range(3))
    first = using(store, domain.id, adapter=adapter.id, query_encoder=encoder.id)
    second = using(store, domain.id, adapter=adapter.id, query_encoder=better.id)

    def states() -> list[str]:
        return [get_model(store, model.id).state for model in (adapter, encoder, better)]

    promote(store, first.id, forced=False, reason="")
    assert states() == ["released", "released", "candidate"]
    promote(store, second.id, forced=False, reason="")
    assert states() == ["released", "archived", "released"]
    rollback(store, domain.id)
    assert states() == ["released", "released", "archived"]


def test_one_model_may_play_two_roles(store: Store, domain: Domain) -> None:
    model = tune(store, domain.id)
    release = using(store, domain.id, query_encoder=model.id, passage_encoder=model.id)

    promote(store, release.id, forced=False, reason="")

    assert get_model(store, model.id).state == "released"
    assert verify_store(store) == []


def test_a_deleted_domain_leaves_no_roles(store: Store, domain: Domain) -> None:
    using(store, domain.id, adapter=tune(store, domain.id).id)

    delete_domain(store, domain.name)

    with store.database.read() as connection:
        assert connection.execute(sa.select(schema.release_models)).all() == []
    assert verify_store(store) == []


def test_roles_and_manifests_that_disagree_are_found(store: Store, domain: Domain) -> None:
    forgotten, noted = tune(store, domain.id), tune(store, domain.id)
    silent = create_release(store, domain.id, {"parts": [{"reranker": forgotten.id}]})
    other = create_release(store, domain.id, {"label": "B"}, {"query_encoder": noted.id})

    assert verify_store(store) == [
        f"{silent.id}: the model {forgotten.id} in its manifest has no role",
        f"{other.id}: its query encoder {noted.id} is not in its manifest",
    ]


def test_an_unregistered_model_of_the_active_release_is_found_in_every_role(store: Store, domain: Domain) -> None:
    release = using(store, domain.id, reranker=tune(store, domain.id).id)
    promote(store, release.id, forced=False, reason="")

    with store.database.write() as connection:
        connection.execute(schema.models.delete())

    model = release.manifest["reranker"]
    assert f"domain {domain.name}: the reranker {model} of its release is not registered" in verify_store(store)
