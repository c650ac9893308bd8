"""The registry of models: publishing under a lease, provenance flags, and what may be deleted."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from writing import begin_job, new_model, put, tune, using, write_adapter

from store.attempts import give_back, recover_jobs
from store.documents import delete_document
from store.domains import Domain, create_domain
from store.errors import ConflictError, DamagedError, NotFoundError
from store.folder import check_published
from store.jobs import claim_job, request_cancel
from store.lineage import Lineage
from store.models import (
    delete_model,
    get_model,
    learned_documents,
    list_models,
    model_folder,
    publish_model,
    register_base,
)
from store.releases import create_release, promote, record_promotion, rollback
from store.store import Store
from store.verify import verify_store


def test_a_published_model_is_a_candidate_with_its_files_and_its_lineage(store: Store, domain: Domain) -> None:
    document = put(store, domain.id, "a", "one")
    lease = begin_job(store, domain.id)

    model = publish_model(store, lease, new_model(domain.id, {document.id: 1}), write_adapter)

    assert (model.state, model.flags, model.job_id, model.base) == ("candidate", [], lease.job_id, "mdl_base")
    assert (model.lineage, model.metrics) == (Lineage(method="lines", settings={"seed": 1}), {"accuracy": 0.5})
    assert learned_documents(store, model.id) == {document.id: 1}
    folder = model_folder(store, model)
    assert (folder / "adapter_config.json").read_text() == '{"r": 8}'
    assert check_published(folder, model.sha256)["id"] == model.id
    assert get_model(store, model.id) == model
    assert verify_store(store) == []


def test_a_worker_that_lost_its_lease_publishes_nothing(store: Store, domain: Domain) -> None:
    lost = begin_job(store, domain.id)
    recover_jobs(store)
    present = claim_job(store)
    assert present is not None

    with pytest.raises(ConflictError) as caught:
        publish_model(store, lost, new_model(domain.id, {}), write_adapter)

    assert caught.value.code == "lease_lost"
    assert list_models(store) == []
    assert list(store.folder.artifacts.iterdir()) == []
    assert publish_model(store, present[1], new_model(domain.id, {}), write_adapter).state == "candidate"


def test_a_lease_that_is_lost_while_the_files_are_written_publishes_nothing(store: Store, domain: Domain) -> None:
    lease = begin_job(store, domain.id)

    def fill(folder: Path) -> None:
        write_adapter(folder)
        give_back(store, lease, "The worker was silent.", counted=True)

    with pytest.raises(ConflictError, match="lost"):
        publish_model(store, lease, new_model(domain.id, {}), fill)

    assert list_models(store) == []
    assert list(store.folder.artifacts.iterdir()) == []


def test_a_job_publishes_at_most_one_model(store: Store, domain: Domain) -> None:
    lease = begin_job(store, domain.id)
    first = publish_model(store, lease, new_model(domain.id, {}), write_adapter)

    with pytest.raises(ConflictError) as caught:
        publish_model(store, lease, new_model(domain.id, {}), write_adapter)

    assert caught.value.code == "already_published"
    assert list_models(store) == [first]
    assert [path.name for path in store.folder.artifacts.iterdir()] == [first.id]


def test_a_model_whose_files_cannot_be_written_is_not_registered(store: Store, domain: Domain) -> None:
    def fill(folder: Path) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        publish_model(store, begin_job(store, domain.id), new_model(domain.id, {}), fill)

    assert list_models(store) == []


def test_documents_that_were_deleted_or_replaced_while_the_job_ran_flag_the_model_at_once(
    store: Store, domain: Domain
) -> None:
    replaced, deleted, kept = (put(store, domain.id, name, name) for name in "abc")
    lease = begin_job(store, domain.id)

    def fill(folder: Path) -> None:
        write_adapter(folder)
        put(store, domain.id, "a", "a, second edition")
        delete_document(store, domain.id, deleted.id)

    learned = {replaced.id: 1, deleted.id: 1, kept.id: 1}
    model = publish_model(store, lease, new_model(domain.id, learned), fill)

    assert model.flags == ["outdated", "tainted"]
    assert learned_documents(store, model.id) == learned


def test_flags_add_up_and_stay(store: Store, domain: Domain) -> None:
    first, second = (put(store, domain.id, name, name) for name in "ab")
    model = tune(store, domain.id, first, second)

    put(store, domain.id, "a", "a, second edition")
    assert get_model(store, model.id).flags == ["outdated"]
    delete_document(store, domain.id, second.id)
    delete_document(store, domain.id, first.id)
    assert get_model(store, model.id).flags == ["outdated", "tainted"]


def test_models_are_listed_by_domain_and_kind(store: Store, domain: Domain, tmp_path: Path) -> None:
    other = create_domain(store, "other", {})
    mine, theirs = tune(store, domain.id), tune(store, other.id)
    base = register_base(store, tmp_path, "0" * 64, Lineage())

    assert {model.id for model in list_models(store)} == {mine.id, theirs.id, base.id}
    assert [model.id for model in list_models(store, domain.id)] == [mine.id]
    assert [model.id for model in list_models(store, kind="base")] == [base.id]
    with pytest.raises(NotFoundError):
        get_model(store, "mdl_none")


def test_a_base_model_is_known_by_the_hash_of_its_files_wherever_they_lie(store: Store, tmp_path: Path) -> None:
    first = register_base(store, tmp_path / "here", "0" * 64, Lineage(name="tiny"))
    moved = register_base(store, tmp_path / "there", "0" * 64, Lineage(name="moved"))
    changed = register_base(store, tmp_path / "there", "1" * 64, Lineage())

    assert (moved.id, moved.path, moved.lineage) == (first.id, str(tmp_path / "there"), Lineage(name="moved"))
    assert changed.id != first.id
    assert verify_store(store) == []


def test_a_damaged_artifact_is_not_handed_out(store: Store, domain: Domain) -> None:
    model = tune(store, domain.id)
    (store.folder.root / model.path / "adapter_config.json").write_text('{"r": 9999}')

    with pytest.raises(DamagedError):
        model_folder(store, model)


def test_a_deleted_model_leaves_no_files(store: Store, domain: Domain) -> None:
    model = tune(store, domain.id, put(store, domain.id, "a", "one"))

    delete_model(store, model.id)

    with pytest.raises(NotFoundError):
        get_model(store, model.id)
    assert learned_documents(store, model.id) == {}
    assert list(store.folder.artifacts.iterdir()) == []
    assert verify_store(store) == []


def test_the_active_adapter_and_the_rollback_target_are_not_deleted(store: Store, domain: Domain) -> None:
    oldest, target, active = (tune(store, domain.id) for _ in range(3))
    for model in (oldest, target, active):
        promote(store, using(store, domain.id, adapter=model.id).id, forced=False, reason="")

    for model in (target, active):
        with pytest.raises(ConflictError) as caught:
            delete_model(store, model.id)
        assert caught.value.code == "model_in_use"
    delete_model(store, oldest.id)

    assert {model.id for model in list_models(store)} == {target.id, active.id}
    assert (store.folder.root / target.path).is_dir()
    assert verify_store(store) == []


def test_a_model_that_became_the_rollback_target_a_moment_ago_is_not_deleted(store: Store, domain: Domain) -> None:
    old = tune(store, domain.id)
    releases = [using(store, domain.id, adapter=old.id).id]
    releases += [create_release(store, domain.id, {"label": label}).id for label in "BC"]
    for release in releases:
        promote(store, release, forced=False, reason="")
    refused: list[ConflictError] = []

    def delete() -> None:
        try:
            delete_model(store, old.id)
        except ConflictError as error:
            refused.append(error)

    thread = threading.Thread(target=delete)
    with store.database.write() as connection:
        thread.start()
        time.sleep(0.1)  # the deletion waits for this transaction
        record_promotion(connection, domain.id, releases[1], kind="rollback", forced=False, reason="")
    thread.join()

    assert [error.code for error in refused] == ["model_in_use"]
    assert rollback(store, domain.id).id == releases[0]
    assert verify_store(store) == []


def test_a_configured_base_model_is_not_deleted(store: Store, tmp_path: Path) -> None:
    base = register_base(store, tmp_path, "0" * 64, Lineage())

    with pytest.raises(ConflictError):
        delete_model(store, base.id)

    assert get_model(store, base.id) == base


def test_a_cancelled_job_that_is_still_running_may_not_publish_after_it_was_given_back(
    store: Store, domain: Domain
) -> None:
    lease = begin_job(store, domain.id)
    request_cancel(store, lease.job_id)
    assert give_back(store, lease, "The worker died.", counted=True) == "cancelled"

    with pytest.raises(ConflictError):
        publish_model(store, lease, new_model(domain.id, {}), write_adapter)

    assert list_models(store) == []
