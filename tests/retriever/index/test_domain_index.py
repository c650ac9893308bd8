"""The index of a domain: it follows the change log, and its files on disk are only a cache."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from fakes import HashEncoder
from indexed import contents_of, found_by

from retriever.index import domain_index
from retriever.index.domain_index import View, open_index
from retriever.index.verification import verify_index
from store.documents import Document, delete_document
from store.domains import Domain, create_domain
from store.passages import last_seq, live_texts
from store.store import Store

AddDocument = Callable[..., Document]
_NEVER = 1_000_000


def test_an_index_of_an_empty_domain_is_empty_and_searches(store: Store, view: View) -> None:
    with open_index(store, view, _NEVER) as index:
        assert (index.snapshot.seq, index.ids(), index.rebuilt) == (0, set(), False)
        assert found_by(store, index, "apple") == (set(), "")


def test_following_adds_what_came_and_removes_what_went(
    store: Store, domain: Domain, view: View, add: AddDocument
) -> None:
    with open_index(store, view, _NEVER) as index:
        first = add("a.txt", "red apple\ngreen pear")
        assert index.snapshot.seq == 0
        index.follow()
        assert found_by(store, index, "green pear") == ({"green pear"}, "green pear")

        add("b.txt", "yellow lemon")
        delete_document(store, domain.id, first.id)
        index.follow()

        assert index.snapshot.seq == last_seq(store, domain.id)
        assert contents_of(store, index.ids()) == {"yellow lemon"}
        assert found_by(store, index, "green pear") == (set(), "yellow lemon")
    assert verify_index(store, view) == []


def test_following_without_a_change_publishes_nothing(store: Store, view: View, add: AddDocument) -> None:
    add("a.txt", "red apple")
    with open_index(store, view, _NEVER) as index:
        assert index.follow() is index.snapshot is index.follow()


def test_a_new_version_replaces_the_texts_of_the_old_one(store: Store, view: View, add: AddDocument) -> None:
    add("a.txt", "red apple\ngreen pear")
    with open_index(store, view, _NEVER) as index:
        add("a.txt", "green pear\nblue plum")
        index.follow()

        assert contents_of(store, index.ids()) == {"green pear", "blue plum"}


def test_a_text_stays_until_its_last_owner_goes(store: Store, domain: Domain, view: View, add: AddDocument) -> None:
    first, second = add("a.txt", "red apple"), add("b.txt", "red apple")
    with open_index(store, view, _NEVER) as index:
        assert len(index.ids()) == 1
        delete_document(store, domain.id, first.id)
        assert len(index.follow().dense.ids()) == 1
        delete_document(store, domain.id, second.id)
        assert index.follow().dense.ids() == index.follow().lexical.ids() == set()


def test_a_reader_keeps_its_snapshot_while_the_index_moves_on(
    store: Store, domain: Domain, view: View, add: AddDocument
) -> None:
    first = add("a.txt", "red apple")
    query = HashEncoder().encode_queries(["red apple"])
    with open_index(store, view, _NEVER) as index:
        mine = index.snapshot
        before = (mine.seq, mine.dense.search(query, 5), mine.lexical.search("red apple", 5))

        delete_document(store, domain.id, first.id)
        add("b.txt", "red lemon")
        after = index.follow()

        assert (mine.seq, mine.dense.search(query, 5), mine.lexical.search("red apple", 5)) == before
        assert mine.lexical.ids() != after.lexical.ids()


def test_an_index_shows_only_its_own_domain(store: Store, domain: Domain, view: View, add: AddDocument) -> None:
    other = create_domain(store, "other", {"adapter": None})
    add("a.txt", "red apple", domain_id=other.id)

    with open_index(store, view, _NEVER) as index:
        assert index.ids() == set()


def test_several_threads_may_follow_at_once(store: Store, view: View, add: AddDocument) -> None:
    with open_index(store, view, _NEVER) as index:
        done = threading.Event()
        failures: list[BaseException] = []

        def follow() -> None:
            try:
                while not done.is_set():
                    snapshot = index.follow()
                    assert snapshot.dense.ids() == snapshot.lexical.ids()
            except BaseException as error:
                failures.append(error)
                raise

        threads = [threading.Thread(target=follow) for _ in range(3)]
        for thread in threads:
            thread.start()
        for number in range(8):
            add("a.txt", f"text {number}\nshared")
        done.set()
        for thread in threads:
            thread.join()

        assert failures == []
        assert contents_of(store, index.follow().dense.ids()) == {"text 7", "shared"}


def test_verifying_names_texts_that_an_index_lacks(
    store: Store, view: View, add: AddDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    add("a.txt", "one")
    monkeypatch.setattr(domain_index, "read_vectors", lambda *_: [])  # so that the index has nothing to show

    problems = verify_index(store, view)

    assert [problem.split(": ")[1] for problem in problems] == [
        "dense has 0 texts, live are 1",
        "lexical has 0 texts, live are 1",
    ]


def test_a_text_without_a_vector_in_the_space_of_a_view_is_none_of_its_own(
    store: Store, view: View, add: AddDocument
) -> None:
    add("a.txt", "one")
    other = replace(view, space_id="spc_other")

    assert verify_index(store, other) == []
    assert live_texts(store, view.domain_id, view.passage_set, other.space_id).live == frozenset()
    with open_index(store, other, _NEVER) as index:
        assert index.ids() == set()
