"""Passages: equal texts are stored once, and the change log tells an index what to add and to remove."""

from __future__ import annotations

import numpy as np
from fakes import HashEncoder
from writing import PASSAGE_SET, put, take

from store.documents import Cut, delete_document, get_document, make_all_searchable
from store.domains import Domain, create_domain
from store.passages import (
    NewPassage,
    changes_since,
    last_seq,
    live_texts,
    read_contents,
    read_passages,
    read_vectors,
    vectors_present,
)
from store.store import Store
from store.verify import verify_store


def test_what_is_indexed_is_the_heading_path_and_the_text() -> None:
    assert NewPassage(0, 3, "Leave > Sick", "one").content == "Leave > Sick\none"
    assert NewPassage(0, 3, "", "one").content == "one"


def test_equal_texts_of_several_documents_share_one_text_and_one_vector(store: Store, domain: Domain) -> None:
    put(store, domain.id, "a", "same\nsame\nonly a")
    put(store, domain.id, "b", "same")

    live = live_texts(store, domain.id, PASSAGE_SET).live
    contents = dict(read_contents(store, live))
    assert sorted(contents.values()) == ["only a", "same"]
    assert len(read_vectors(store, live, HashEncoder.space_id)) == 2
    shared = next(key for key, content in contents.items() if content == "same")
    owners = read_passages(store, domain.id, [shared], PASSAGE_SET)
    assert [(passage.external_id, passage.start) for passage in owners] == [("a", 0), ("a", 5), ("b", 0)]


def test_a_shared_text_lives_until_its_last_owner_is_deleted(store: Store, domain: Domain) -> None:
    first, second = (put(store, domain.id, name, "same") for name in ("a", "b"))
    begin = last_seq(store, domain.id)
    (text_id,) = live_texts(store, domain.id, PASSAGE_SET).live

    delete_document(store, domain.id, first.id)
    changes = changes_since(store, domain.id, PASSAGE_SET, begin)
    assert (set(changes.live), set(changes.gone)) == ({text_id}, set())
    assert [p.external_id for p in read_passages(store, domain.id, [text_id], PASSAGE_SET)] == ["b"]

    delete_document(store, domain.id, second.id)
    changes = changes_since(store, domain.id, PASSAGE_SET, begin)
    assert (set(changes.live), set(changes.gone)) == (set(), {text_id})
    assert read_contents(store, [text_id]) == []
    assert read_vectors(store, [text_id], HashEncoder.space_id) == []
    assert verify_store(store) == []


def test_the_id_of_a_deleted_text_is_never_given_to_another(store: Store, domain: Domain) -> None:
    document = put(store, domain.id, "a", "one")
    gone = live_texts(store, domain.id, PASSAGE_SET).live
    delete_document(store, domain.id, document.id)

    put(store, domain.id, "b", "two")

    assert not gone & live_texts(store, domain.id, PASSAGE_SET).live


def test_changes_are_those_after_a_sequence_number_in_one_domain_and_passage_set(store: Store, domain: Domain) -> None:
    other = create_domain(store, "other", {})
    put(store, domain.id, "a", "one")
    begin = last_seq(store, domain.id)
    put(store, other.id, "a", "elsewhere")
    document = take(store, domain.id, "b", "two")
    make_all_searchable(
        store, [Cut(document, "two", [NewPassage(0, 3, "", "two")])], "set_other", {"two": b"\0\0"}, "spc_other"
    )

    here = changes_since(store, domain.id, PASSAGE_SET, begin)
    there = changes_since(store, domain.id, "set_other", begin)

    assert (here.live, here.gone, here.seq) == (frozenset(), frozenset(), last_seq(store, domain.id))
    assert [content for _, content in read_contents(store, there.live)] == ["two"]
    assert begin < last_seq(store, other.id) < here.seq


def test_a_text_that_left_and_came_back_is_live(store: Store, domain: Domain) -> None:
    put(store, domain.id, "keeper", "same")
    begin = last_seq(store, domain.id)
    for text in ("same", "other", "same"):
        put(store, domain.id, "a", text)

    changes = changes_since(store, domain.id, PASSAGE_SET, begin)

    assert [content for _, content in read_contents(store, changes.live)] == ["same"]
    assert len(changes.gone) == 1
    assert changes.seq == begin + 5


def test_an_empty_domain_has_no_changes(store: Store, domain: Domain) -> None:
    assert last_seq(store, domain.id) == 0
    assert changes_since(store, domain.id, PASSAGE_SET, 0) == live_texts(store, domain.id, PASSAGE_SET)


def test_vectors_are_known_per_domain_and_space(store: Store, domain: Domain) -> None:
    other = create_domain(store, "other", {})
    put(store, domain.id, "a", "one")

    assert vectors_present(store, domain.id, ["one", "two"], HashEncoder.space_id) == {"one"}
    assert vectors_present(store, domain.id, ["one"], "spc_other") == set()
    assert vectors_present(store, other.id, ["one"], HashEncoder.space_id) == set()


def test_a_stored_vector_is_the_one_that_was_given(store: Store, domain: Domain) -> None:
    put(store, domain.id, "a", "one")

    ((_, data),) = read_vectors(store, live_texts(store, domain.id, PASSAGE_SET).live, HashEncoder.space_id)

    given = HashEncoder().encode_passages(["one"])[0].astype(np.float16)
    assert np.array_equal(np.frombuffer(data, dtype="<f2"), given)


def test_more_passages_than_a_statement_may_have_parameters_are_read_and_removed(store: Store, domain: Domain) -> None:
    lines = [f"line {number}" for number in range(1_201)]
    put(store, domain.id, "a", "\n".join(lines))

    live = live_texts(store, domain.id, PASSAGE_SET).live
    assert [content for _, content in read_contents(store, live)] == lines
    assert [passage.text for passage in read_passages(store, domain.id, live, PASSAGE_SET)] == lines
    assert len(read_vectors(store, live, HashEncoder.space_id)) == len(lines)
    assert vectors_present(store, domain.id, lines, HashEncoder.space_id) == set(lines)

    delete_document(store, domain.id, get_document(store, domain.id, "a").id)
    assert live_texts(store, domain.id, PASSAGE_SET).live == frozenset()
    assert verify_store(store) == []
