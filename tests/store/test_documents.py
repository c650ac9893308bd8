"""Documents: receive, replace, delete, each in one transaction with the change log."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest
from fakes import HashEncoder, vectors_of
from writing import PASSAGE_SET, embed, line_passages, put, take, tune

from store.datasets import Example, create_dataset, list_examples
from store.documents import (
    Cut,
    delete_document,
    get_document,
    get_version,
    list_documents,
    list_versions,
    make_all_searchable,
    make_searchable,
    mark_failed,
    mark_parsed,
    read_original,
)
from store.domains import Domain, create_domain
from store.errors import InvalidInputError, NotFoundError
from store.models import get_model
from store.passages import NewPassage, changes_since, live_texts, passage_ids, read_contents, read_passages
from store.receiving import receive
from store.store import Store
from store.verify import verify_store


def test_a_replaced_document_keeps_the_vector_of_an_unchanged_text(
    store: Store, domain: Domain, encoder: HashEncoder
) -> None:
    first, _ = receive(store, domain.id, "a.txt", b"one two", title="a", media_type="text/plain")
    passages = [NewPassage(0, 3, "", "one"), NewPassage(4, 7, "", "two")]
    assert make_searchable(store, first, "one two", passages, "set", vectors_of(encoder, passages), "spc") == set()
    second, result = receive(store, domain.id, "a.txt", b"one", title="a", media_type="text/plain")
    assert (result, second.version, second.id) == ("updated", 2, first.id)

    missing = make_searchable(store, second, "one", [NewPassage(0, 3, "", "one")], "set", {}, "spc")

    assert missing == set()
    changes = changes_since(store, domain.id, "set", 0)
    assert (changes.seq, len(changes.live), len(changes.gone)) == (5, 1, 1)
    assert verify_store(store) == []


def test_a_received_document_has_its_original_and_is_not_searchable_yet(store: Store, domain: Domain) -> None:
    document, result = receive(
        store, domain.id, "a.md", b"# One", title="A", media_type="text/markdown", metadata={"team": "hr"}
    )

    assert (result, document.version, document.status, document.passages) == ("created", 1, "received", 0)
    assert (document.title, document.metadata, document.bytes) == ("A", {"team": "hr"}, 5)
    version = get_version(store, domain.id, document.id)
    assert (version.media_type, version.text, read_original(store, version)) == ("text/markdown", None, b"# One")
    assert live_texts(store, domain.id, PASSAGE_SET).live == frozenset()


def test_the_same_bytes_again_are_unchanged_and_stay_searchable(store: Store, domain: Domain) -> None:
    before = put(store, domain.id, "a", "one")

    after, result = receive(store, domain.id, "a", b"one", title="B", media_type="text/plain", metadata={"x": 1})

    assert (result, after.version, after.status, after.passages) == ("unchanged", 1, "searchable", 1)
    assert (after.id, after.title, after.metadata) == (before.id, "B", {"x": 1})
    assert len(list_versions(store, domain.id, "a")) == 1


def test_metadata_stay_as_they_are_if_none_are_sent(store: Store, domain: Domain) -> None:
    receive(store, domain.id, "a", b"one", title="A", media_type="text/plain", metadata={"x": 1})

    after, _ = receive(store, domain.id, "a", b"two", title="A", media_type="text/plain")

    assert after.metadata == {"x": 1}


def test_the_old_version_is_searchable_until_the_new_one_is(store: Store, domain: Domain) -> None:
    put(store, domain.id, "a", "one\ntwo")

    second = take(store, domain.id, "a", "three")

    assert (second.version, second.status, second.passages) == (2, "received", 2)
    assert _searchable(store, domain) == {"one", "two"}
    embed(store, second, "three")
    assert _searchable(store, domain) == {"three"}
    assert [version.version for version in list_versions(store, domain.id, "a")] == [2, 1]
    assert verify_store(store) == []


def test_going_back_to_earlier_bytes_is_a_new_version(store: Store, domain: Domain) -> None:
    for text in ("one", "two", "one"):
        document = put(store, domain.id, "a", text)

    assert (document.version, document.status) == (3, "searchable")
    assert _searchable(store, domain) == {"one"}
    assert verify_store(store) == []


def test_a_parsed_version_can_be_read_but_not_found(store: Store, domain: Domain) -> None:
    put(store, domain.id, "a", "one")
    second = take(store, domain.id, "a", "two")

    mark_parsed(store, second, "two")

    document = get_document(store, domain.id, "a")
    assert (document.status, document.version, document.passages) == ("parsed", 2, 1)
    assert get_version(store, domain.id, "a").text == "two"
    assert _searchable(store, domain) == {"one"}
    assert [each.id for each in list_documents(store, domain.id, status="parsed")] == [document.id]
    embed(store, second, "two")
    assert get_document(store, domain.id, "a").status == "searchable"
    assert _searchable(store, domain) == {"two"}
    assert verify_store(store) == []


def test_an_older_version_that_is_parsed_late_changes_no_status(store: Store, domain: Domain) -> None:
    first = take(store, domain.id, "a", "one")
    put(store, domain.id, "a", "two")

    mark_parsed(store, first, "one")

    assert get_document(store, domain.id, "a").status == "searchable"
    assert [version.text for version in list_versions(store, domain.id, "a")] == ["two", "one"]


def test_a_failed_version_says_why_and_leaves_the_one_before_searchable(store: Store, domain: Domain) -> None:
    put(store, domain.id, "a", "one")

    mark_failed(store, take(store, domain.id, "a", "two"), "unreadable", "It has no text.")

    document = get_document(store, domain.id, "a")
    assert (document.status, document.error) == ("failed", {"code": "unreadable", "message": "It has no text."})
    assert _searchable(store, domain) == {"one"}


def test_a_failed_document_is_tried_again_when_the_same_bytes_are_sent_again(store: Store, domain: Domain) -> None:
    mark_failed(store, take(store, domain.id, "a", "one"), "unreadable", "It has no text.")

    again, result = receive(store, domain.id, "a", b"one", title="a", media_type="text/plain")

    assert (result, again.version, again.status, again.error) == ("unchanged", 1, "received", None)
    assert embed(store, again, "one").status == "searchable"
    assert verify_store(store) == []


def test_a_version_that_was_replaced_meanwhile_is_dropped_silently(store: Store, domain: Domain) -> None:
    slow = take(store, domain.id, "a", "slow")
    put(store, domain.id, "a", "fast")

    embed(store, slow, "slow")
    mark_failed(store, slow, "unreadable", "too late")

    document = get_document(store, domain.id, "a")
    assert (document.version, document.status, document.error) == (2, "searchable", None)
    assert _searchable(store, domain) == {"fast"}
    assert verify_store(store) == []


def test_a_document_that_was_deleted_meanwhile_does_not_come_back(store: Store, domain: Domain) -> None:
    slow = take(store, domain.id, "a", "slow")
    delete_document(store, domain.id, slow.id)
    passages = line_passages("slow")

    vectors = vectors_of(HashEncoder(), passages)
    assert make_searchable(store, slow, "slow", passages, PASSAGE_SET, vectors, HashEncoder.space_id) == set()

    assert list_documents(store, domain.id) == []
    assert _searchable(store, domain) == set()
    assert verify_store(store) == []


def test_texts_without_a_vector_are_named_and_nothing_is_changed(store: Store, domain: Domain) -> None:
    put(store, domain.id, "a", "one")
    document = take(store, domain.id, "a", "one\ntwo\nthree")
    passages = line_passages("one\ntwo\nthree")
    given = vectors_of(HashEncoder(), passages[1:2])

    missing = make_searchable(store, document, "…", passages, PASSAGE_SET, given, HashEncoder.space_id)

    assert missing == {"three"}
    assert get_document(store, domain.id, "a") == document
    assert _searchable(store, domain) == {"one"}
    assert verify_store(store) == []


def test_a_document_can_be_chunked_again_without_a_new_version(store: Store, domain: Domain) -> None:
    document = put(store, domain.id, "a", "one two")
    halves = [NewPassage(0, 3, "Title", "one"), NewPassage(4, 7, "Title", "two")]

    make_searchable(store, document, "one two", halves, PASSAGE_SET, vectors_of(HashEncoder(), halves), "spc_hash")

    assert _searchable(store, domain) == {"Title\none", "Title\ntwo"}
    assert verify_store(store) == []


def test_a_deleted_document_takes_its_passages_versions_and_original_with_it(store: Store, domain: Domain) -> None:
    put(store, domain.id, "a", "one")
    document = put(store, domain.id, "a", "two")
    originals = [store.folder.blob(version.sha256) for version in list_versions(store, domain.id, "a")]

    delete_document(store, domain.id, document.id)

    assert list_documents(store, domain.id) == []
    assert _searchable(store, domain) == set()
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
    assert _searchable(store, other) == {"one"}
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
    examples = [Example(d.external_id, "train", {"q": d.external_id}, {d.id: 1}) for d in (replaced, deleted, kept)]
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


def test_a_document_is_found_by_its_id_and_by_its_external_id_in_its_own_domain_only(
    store: Store, domain: Domain
) -> None:
    other = create_domain(store, "other", {})
    document = take(store, domain.id, "a", "one")

    assert get_document(store, domain.id, document.id) == get_document(store, domain.id, "a") == document
    for name in (document.id, "a"):
        with pytest.raises(NotFoundError):
            get_document(store, other.id, name)
        with pytest.raises(NotFoundError):
            delete_document(store, other.id, name)
    assert list_documents(store, other.id) == []


def test_documents_are_listed_in_the_order_of_arrival_page_by_page(store: Store, domain: Domain) -> None:
    documents = [take(store, domain.id, name, name) for name in "abcde"]
    names = [document.external_id for document in list_documents(store, domain.id)]
    assert names == ["e", "d", "c", "b", "a"]

    page = list_documents(store, domain.id, limit=2, after=documents[3].id)
    assert [document.external_id for document in page] == ["c", "b"]
    page = list_documents(store, domain.id, limit=2, after=documents[3].id, order="asc")
    assert [document.external_id for document in page] == ["e"]
    with pytest.raises(NotFoundError):
        list_documents(store, domain.id, after="doc_none")


def test_documents_are_listed_by_status_and_external_id(store: Store, domain: Domain) -> None:
    put(store, domain.id, "a", "one")
    take(store, domain.id, "b", "two")

    assert [d.external_id for d in list_documents(store, domain.id, status="received")] == ["b"]
    assert [d.external_id for d in list_documents(store, domain.id, external_id="a")] == ["a"]
    assert list_documents(store, domain.id, external_id="a", status="received") == []


def test_versions_that_do_not_exist_are_not_found(store: Store, domain: Domain) -> None:
    document = put(store, domain.id, "a", "one")

    assert get_version(store, domain.id, document.id, 1).text == "one"
    with pytest.raises(NotFoundError) as caught:
        get_version(store, domain.id, document.id, 2)
    assert caught.value.code == "version_not_found"


@pytest.mark.parametrize("name", ["", "a" * 513, "a\x00b"])
def test_an_external_id_that_cannot_be_kept_is_refused(store: Store, domain: Domain, name: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        take(store, domain.id, name, "one")

    assert caught.value.param == "external_id"
    assert list_documents(store, domain.id) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "ü/ß", "' OR 1=1 --", "%", "a" * 512])
def test_an_external_id_is_only_ever_a_name(store: Store, domain: Domain, name: str) -> None:
    document = put(store, domain.id, name, "one")

    assert get_document(store, domain.id, name) == replace(document, external_id=name)
    assert verify_store(store) == []


def _searchable(store: Store, domain: Domain) -> set[str]:
    live = live_texts(store, domain.id, PASSAGE_SET).live
    owned = {passage.text_id for passage in read_passages(store, domain.id, live, PASSAGE_SET)}
    assert owned == live
    return {content for _, content in read_contents(store, live)}


def test_a_document_that_is_given_twice_is_stored_once(store: Store, domain: Domain) -> None:
    document, _ = receive(store, domain.id, "a.txt", b"one", title="a", media_type="text/plain")
    cut = Cut(document, "one", [NewPassage(0, 3, "", "one")])

    make_all_searchable(store, [cut, cut], "set", {"one": b"\0\0"}, "space")

    with store.database.read() as connection:
        assert len(passage_ids(connection, [document.id])) == 1
    assert verify_store(store) == []
