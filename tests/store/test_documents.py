"""Documents: receive and replace, each in one transaction with the change log."""

from __future__ import annotations

import pytest
from fakes import HashEncoder, vectors_of
from writing import PASSAGE_SET, embed, line_passages, put, searchable, take

from store.documents import (
    Cut,
    get_document,
    get_version,
    list_documents,
    list_versions,
    make_all_searchable,
    mark_all_parsed,
    mark_failed,
    read_original,
)
from store.domains import Domain
from store.passage_writing import passage_ids
from store.passages import NewPassage, changes_since, live_texts
from store.receiving import receive
from store.store import Store
from store.verify import verify_store


def test_a_replaced_document_keeps_the_vector_of_an_unchanged_text(
    store: Store, domain: Domain, encoder: HashEncoder
) -> None:
    first, _ = receive(store, domain.id, "a.txt", b"one two", title="a", media_type="text/plain")
    passages = [NewPassage(0, 3, "", "one"), NewPassage(4, 7, "", "two")]
    assert (
        make_all_searchable(store, [Cut(first, "one two", passages)], "set", vectors_of(encoder, passages), "spc")
        == set()
    )
    second, result = receive(store, domain.id, "a.txt", b"one", title="a", media_type="text/plain")
    assert (result, second.version, second.id) == ("updated", 2, first.id)

    missing = make_all_searchable(store, [Cut(second, "one", [NewPassage(0, 3, "", "one")])], "set", {}, "spc")

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

    for title in ("a", None):
        after, result = receive(store, domain.id, "a", b"one", title=title, media_type="text/plain")

        assert (result, after) == ("unchanged", before)
        assert len(list_versions(store, domain.id, "a")) == 1


def test_the_same_bytes_with_other_metadata_are_updated_at_once(store: Store, domain: Domain) -> None:
    put(store, domain.id, "a", "one")

    results = []
    for metadata in ({"x": 1}, {"x": 1}, {"x": True}):
        after, result = receive(store, domain.id, "a", b"one", title="a", media_type="text/plain", metadata=metadata)
        results.append(result)
        assert (after.metadata, after.status, after.version) == (metadata, "searchable", 1)

    assert results == ["updated", "unchanged", "updated"]


@pytest.mark.parametrize(("title", "kind"), [("B", "text/plain"), ("a", "text/markdown")])
def test_the_same_bytes_under_another_title_or_type_wait_to_be_cut_again(
    store: Store, domain: Domain, title: str, kind: str
) -> None:
    before = put(store, domain.id, "a", "one")
    old = take(store, domain.id, "a", "one")

    after, result = receive(store, domain.id, "a", b"one", title=title, media_type=kind)

    assert (result, after.version, after.status, after.passages) == ("updated", 1, "received", 1)
    assert (after.id, after.title, after.media_type) == (before.id, title, kind)
    embed(store, old, "one")  # of one who began before the change: it must not count as done
    assert get_document(store, domain.id, "a").status == "received"
    assert embed(store, after, "one").status == "searchable"
    assert len(list_versions(store, domain.id, "a")) == 1
    assert verify_store(store) == []


def test_metadata_stay_as_they_are_if_none_are_sent(store: Store, domain: Domain) -> None:
    receive(store, domain.id, "a", b"one", title="A", media_type="text/plain", metadata={"x": 1})

    after, _ = receive(store, domain.id, "a", b"two", title="A", media_type="text/plain")

    assert after.metadata == {"x": 1}


def test_the_old_version_is_searchable_until_the_new_one_is(store: Store, domain: Domain) -> None:
    put(store, domain.id, "a", "one\ntwo")

    second = take(store, domain.id, "a", "three")

    assert (second.version, second.status, second.passages) == (2, "received", 2)
    assert searchable(store, domain) == {"one", "two"}
    embed(store, second, "three")
    assert searchable(store, domain) == {"three"}
    assert [version.version for version in list_versions(store, domain.id, "a")] == [2, 1]
    assert verify_store(store) == []


def test_going_back_to_earlier_bytes_is_a_new_version(store: Store, domain: Domain) -> None:
    for text in ("one", "two", "one"):
        document = put(store, domain.id, "a", text)

    assert (document.version, document.status) == (3, "searchable")
    assert searchable(store, domain) == {"one"}
    assert verify_store(store) == []


def test_a_parsed_version_can_be_read_but_not_found(store: Store, domain: Domain) -> None:
    put(store, domain.id, "a", "one")
    second = take(store, domain.id, "a", "two")

    mark_all_parsed(store, [Cut(second, "two", ())])

    document = get_document(store, domain.id, "a")
    assert (document.status, document.version, document.passages) == ("parsed", 2, 1)
    assert get_version(store, domain.id, "a").text == "two"
    assert searchable(store, domain) == {"one"}
    assert [each.id for each in list_documents(store, domain.id, status="parsed")] == [document.id]
    embed(store, second, "two")
    assert get_document(store, domain.id, "a").status == "searchable"
    assert searchable(store, domain) == {"two"}
    assert verify_store(store) == []


def test_an_older_version_that_is_parsed_late_changes_no_status(store: Store, domain: Domain) -> None:
    first = take(store, domain.id, "a", "one")
    put(store, domain.id, "a", "two")

    mark_all_parsed(store, [Cut(first, "one", ())])

    assert get_document(store, domain.id, "a").status == "searchable"
    assert [version.text for version in list_versions(store, domain.id, "a")] == ["two", "one"]


def test_a_failed_version_says_why_and_leaves_the_one_before_searchable(store: Store, domain: Domain) -> None:
    put(store, domain.id, "a", "one")

    mark_failed(store, take(store, domain.id, "a", "two"), "unreadable", "It has no text.")

    document = get_document(store, domain.id, "a")
    assert (document.status, document.error) == ("failed", {"code": "unreadable", "message": "It has no text."})
    assert searchable(store, domain) == {"one"}


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
    assert searchable(store, domain) == {"fast"}
    assert verify_store(store) == []


def test_texts_without_a_vector_are_named_and_nothing_is_changed(store: Store, domain: Domain) -> None:
    put(store, domain.id, "a", "one")
    document = take(store, domain.id, "a", "one\ntwo\nthree")
    passages = line_passages("one\ntwo\nthree")
    given = vectors_of(HashEncoder(), passages[1:2])

    missing = make_all_searchable(store, [Cut(document, "…", passages)], PASSAGE_SET, given, HashEncoder.space_id)

    assert missing == {"three"}
    assert get_document(store, domain.id, "a") == document
    assert searchable(store, domain) == {"one"}
    assert verify_store(store) == []


def test_a_document_can_be_chunked_again_without_a_new_version(store: Store, domain: Domain) -> None:
    document = put(store, domain.id, "a", "one two")
    halves = [NewPassage(0, 3, "Title", "one"), NewPassage(4, 7, "Title", "two")]

    make_all_searchable(
        store, [Cut(document, "one two", halves)], PASSAGE_SET, vectors_of(HashEncoder(), halves), "spc_hash"
    )

    assert searchable(store, domain) == {"Title\none", "Title\ntwo"}
    assert verify_store(store) == []


def test_a_document_that_is_given_twice_is_stored_once(store: Store, domain: Domain) -> None:
    document, _ = receive(store, domain.id, "a.txt", b"one", title="a", media_type="text/plain")
    cut = Cut(document, "one", [NewPassage(0, 3, "", "one")])

    make_all_searchable(store, [cut, cut], "set", {"one": b"\0\0"}, "space")

    with store.database.read() as connection:
        assert len(passage_ids(connection, [document.id])) == 1
    assert verify_store(store) == []
