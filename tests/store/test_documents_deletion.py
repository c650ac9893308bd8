"""Deleting documents: what goes with them, what outlives them, and what is flagged because it learned from them."""

from __future__ import annotations

import threading
import time

import pytest
from fakes import HashEncoder, vectors_of
from writing import PASSAGE_SET, asks, embed, line_passages, put, searchable, take, tune

from store.datasets import Example, create_dataset, list_examples
from store.documents import (
    Cut,
    delete_document,
    get_document,
    get_version,
    list_documents,
    list_versions,
    make_all_searchable,
    read_original,
)
from store.domains import Domain, create_domain
from store.errors import NotFoundError
from store.models import get_model
from store.store import Store
from store.verify import verify_store


def test_a_document_that_was_deleted_meanwhile_does_not_come_back(store: Store, domain: Domain) -> None:
    slow = take(store, domain.id, "a", "slow")
    delete_document(store, domain.id, slow.id)
    passages = line_passages("slow")

    vectors = vectors_of(HashEncoder(), passages)
    assert (
        make_all_searchable(store, [Cut(slow, "slow", passages)], PASSAGE_SET, vectors, HashEncoder.space_id) == set()
    )

    assert list_documents(store, domain.id) == []
    assert searchable(store, domain) == set()
    assert verify_store(store) == []


def test_a_deleted_document_takes_its_passages_versions_and_original_with_it(store: Store, domain: Domain) -> None:
    put(store, domain.id, "a", "one")
    document = put(store, domain.id, "a", "two")
    originals = [store.folder.blob(version.sha256) for version in list_versions(store, domain.id, "a")]

    delete_document(store, domain.id, document.id)

    assert list_documents(store, domain.id) == []
    assert searchable(store, domain) == set()
    assert [path.exists() for path in originals] == [False, False]
    with pytest.raises(NotFoundError):
        get_document(store, domain.id, "a")
    assert verify_store(store) == []


def test_an_original_that_another_document_has_too_outlives_the_deletion(store: Store, domain: Domain) -> None:
    other = create_domain(store, "other", {})
    document = put(store, domain.id, "a", "one")
    kept = put(store, other.id, "b", "one")

    delete_document(store, domain.id, document.id)

    assert read_original(store, get_version(store, other.id, kept.id)) == b"one"
    assert searchable(store, other) == {"one"}
    assert verify_store(store) == []


def test_an_upload_survives_that_its_bytes_are_collected_before_its_row_is_written(
    store: Store, domain: Domain
) -> None:
    document = take(store, domain.id, "a", "shared")
    original = store.folder.blob(document.sha256)
    uploads: list[str] = []
    upload = threading.Thread(target=lambda: uploads.append(take(store, domain.id, "b", "shared").status))
    with store.database.write():  # as `collect_blobs` has it, after "a" was deleted
        upload.start()
        time.sleep(0.1)  # the upload has seen the original and waits for this transaction
        original.unlink()
    upload.join()

    assert uploads == ["received"]
    assert original.read_bytes() == b"shared"
    assert verify_store(store) == []


def test_deletion_taints_and_replacement_outdates_what_learned_from_a_document(store: Store, domain: Domain) -> None:
    replaced, deleted, kept = (put(store, domain.id, name, name) for name in ("a", "b", "c"))
    models = [tune(store, domain.id, document) for document in (replaced, deleted, kept)]
    examples = [Example(d.external_id, "train", asks(d.external_id), {d.id: 1}) for d in (replaced, deleted, kept)]
    dataset = create_dataset(store, domain.id, "faq", "qa", "upload", examples)

    put(store, domain.id, "a", "a, second edition")
    delete_document(store, domain.id, deleted.id)

    assert [get_model(store, model.id).flags for model in models] == [["outdated"], ["tainted"], []]
    assert [example.flag for example in list_examples(store, dataset.id)] == ["outdated", "tainted", None]


def test_a_new_version_outdates_nothing_before_it_is_searchable(store: Store, domain: Domain) -> None:
    model = tune(store, domain.id, put(store, domain.id, "a", "one"))

    second = take(store, domain.id, "a", "two")
    assert get_model(store, model.id).flags == []

    embed(store, second, "two")
    assert get_model(store, model.id).flags == ["outdated"]
