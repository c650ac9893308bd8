"""Releases: identity by content, and a pointer that promotion and rollback move, whoever races."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from writing import put, tune, using

from store.documents import delete_document
from store.domains import Domain, create_domain, get_domain
from store.errors import ConflictError, NotFoundError
from store.models import delete_model, get_model
from store.releases import (
    active_release,
    create_release,
    get_release,
    list_releases,
    promote,
    rollback,
    served_release,
)
from store.store import Store
from store.verify import verify_store


def test_a_release_is_known_by_what_it_holds(store: Store, domain: Domain) -> None:
    release = create_release(store, domain.id, {"adapter": None, "passages": 4})

    assert create_release(store, domain.id, {"passages": 4, "adapter": None}) == release
    assert create_release(store, domain.id, {"passages": 5, "adapter": None}).id != release.id
    assert get_release(store, release.id).manifest == {"adapter": None, "passages": 4}
    assert not release.active
    assert len(list_releases(store, domain.id)) == 3


def test_a_promoted_release_is_the_only_active_one(store: Store, domain: Domain) -> None:
    release = create_release(store, domain.id, {"label": "A"})

    assert promote(store, release.id, forced=False, reason="better").active

    assert active_release(store, domain.id).id == get_domain(store, domain.name).release == release.id
    assert [each.id for each in list_releases(store, domain.id) if each.active] == [release.id]


def test_rollback_goes_back_step_by_step_to_the_first_release(store: Store, domain: Domain) -> None:
    first = domain.release
    a, b, c = (create_release(store, domain.id, {"label": label}).id for label in "ABC")
    for release in (a, b, c):
        promote(store, release, forced=False, reason="")
        assert served_release(store, domain.name) == active_release(store, domain.id)

    assert [rollback(store, domain.id).id for _ in range(3)] == [b, a, first]
    assert served_release(store, domain.name).id == first

    with pytest.raises(ConflictError) as caught:
        rollback(store, domain.id)
    assert caught.value.code == "no_earlier_release"
    assert active_release(store, domain.id).id == first
    assert verify_store(store) == []


def test_a_promotion_after_a_rollback_rolls_back_to_what_it_replaced(store: Store, domain: Domain) -> None:
    a, b, c = (create_release(store, domain.id, {"label": label}).id for label in "ABC")
    for release in (a, b):
        promote(store, release, forced=False, reason="")
    rollback(store, domain.id)
    promote(store, c, forced=False, reason="")

    assert rollback(store, domain.id).id == a


def test_promoting_the_active_release_does_nothing(store: Store, domain: Domain) -> None:
    release = create_release(store, domain.id, {"label": "A"}).id
    promote(store, release, forced=False, reason="")

    promote(store, release, forced=False, reason="again")

    assert rollback(store, domain.id).id == domain.release


def test_a_release_or_domain_that_does_not_exist_is_not_found(store: Store) -> None:
    with pytest.raises(NotFoundError):
        promote(store, "rel_none", forced=True, reason="")
    with pytest.raises(NotFoundError):
        get_release(store, "rel_none")
    with pytest.raises(NotFoundError):
        active_release(store, "dom_none")


def test_promotion_and_rollback_of_a_domain_leave_others_alone(store: Store, domain: Domain) -> None:
    other = create_domain(store, "other", {})
    promote(store, create_release(store, domain.id, {"label": "A"}).id, forced=False, reason="")

    with pytest.raises(ConflictError):
        rollback(store, other.id)
    assert active_release(store, other.id).id == other.release


def test_a_tainted_adapter_is_promoted_only_by_force(store: Store, domain: Domain) -> None:
    document = put(store, domain.id, "a", "one")
    model = tune(store, domain.id, document)
    release = using(store, domain.id, adapter=model.id)
    delete_document(store, domain.id, document.id)

    with pytest.raises(ConflictError) as caught:
        promote(store, release.id, forced=False, reason="")
    assert caught.value.code == "adapter_tainted"
    assert active_release(store, domain.id).id == domain.release

    assert promote(store, release.id, forced=True, reason="the deletion was a mistake").active


def test_an_outdated_adapter_is_promoted(store: Store, domain: Domain) -> None:
    model = tune(store, domain.id, put(store, domain.id, "a", "one"))
    put(store, domain.id, "a", "two")

    assert promote(store, using(store, domain.id, adapter=model.id).id, forced=False, reason="").active


def test_a_release_whose_adapter_was_deleted_is_neither_promoted_nor_rolled_back_to(
    store: Store, domain: Domain
) -> None:
    model = tune(store, domain.id)
    tuned = using(store, domain.id, adapter=model.id).id
    b, c = (create_release(store, domain.id, {"label": label}).id for label in "BC")
    for release in (tuned, b, c):
        promote(store, release, forced=False, reason="")
    delete_model(store, model.id)

    assert rollback(store, domain.id).id == b
    with pytest.raises(ConflictError) as caught:
        rollback(store, domain.id)
    assert caught.value.code == "adapter_missing"
    with pytest.raises(ConflictError) as caught:
        promote(store, tuned, forced=True, reason="")
    assert caught.value.code == "adapter_missing"
    assert active_release(store, domain.id).id == b
    assert verify_store(store) == []


def test_promotion_and_rollback_set_the_state_of_adapters(store: Store, domain: Domain) -> None:
    first, second = tune(store, domain.id), tune(store, domain.id)
    for model in (first, second):
        promote(store, using(store, domain.id, adapter=model.id).id, forced=False, reason="")
    assert [get_model(store, model.id).state for model in (first, second)] == ["archived", "released"]

    rollback(store, domain.id)
    assert [get_model(store, model.id).state for model in (first, second)] == ["released", "archived"]


def test_two_releases_with_one_adapter_keep_it_released(store: Store, domain: Domain) -> None:
    model = tune(store, domain.id)
    for passages in (4, 5):
        release = using(store, domain.id, {"passages": passages}, adapter=model.id)
        promote(store, release.id, forced=False, reason="")

    assert get_model(store, model.id).state == "released"


def test_threads_that_promote_and_roll_back_at_once_end_in_exactly_one_active_release(
    store: Store, domain: Domain
) -> None:
    models = [tune(store, domain.id) for _ in range(8)]
    releases = [using(store, domain.id, adapter=model.id).id for model in models]
    begin = threading.Barrier(8)
    refusals: set[str] = set()

    def race(number: int) -> None:
        begin.wait()
        for step in range(6):
            try:
                if step % 3 == 2:
                    rollback(store, domain.id)
                else:
                    promote(store, releases[(number + step) % 8], forced=False, reason=str(number))
            except ConflictError as error:
                refusals.add(error.code)
            active = [release.id for release in list_releases(store, domain.id) if release.active]
            assert len(active) == 1

    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(race, number) for number in range(8)]:
            future.result()

    assert refusals <= {"no_earlier_release"}
    released = [model.id for model in models if get_model(store, model.id).state == "released"]
    adapter = active_release(store, domain.id).manifest["adapter"]
    assert released == ([adapter] if adapter else [])
    assert verify_store(store) == []


@pytest.mark.parametrize("back", [False, True], ids=["promote", "roll back"])
@pytest.mark.parametrize("file", ["adapter_config.json", "MANIFEST.json"])
def test_a_damaged_adapter_does_not_become_active_even_by_force(
    store: Store, domain: Domain, back: bool, file: str
) -> None:
    model = tune(store, domain.id, put(store, domain.id, "a", "one"))
    tuned = using(store, domain.id, adapter=model.id)
    if back:
        promote(store, tuned.id, forced=False, reason="")
        promote(store, create_release(store, domain.id, {"adapter": None, "n": 2}).id, forced=False, reason="")
    before = active_release(store, domain.id)
    (store.folder.root / model.path / file).write_text("{}")

    with pytest.raises(ConflictError, match=f"The adapter {model.id} is damaged") as caught:
        rollback(store, domain.id) if back else promote(store, tuned.id, forced=True, reason="now")

    assert active_release(store, domain.id) == before
    assert str(store.folder.root) not in caught.value.message
