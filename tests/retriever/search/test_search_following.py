"""Searches while documents come and go: what a snapshot shows, how long a search waits, and indexes kept open."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from fakes import HashEncoder
from searching import Search, texts_of

from retriever.index import domain_index as index
from retriever.models.encoders import Encoders
from retriever.search.candidates import Mode
from retriever.search.retrieval_part import SearchPlan
from retriever.search.search import IndexBehindError, Request, Result, Retriever
from retriever.settings import RetrieverSettings
from store.documents import Document, delete_document
from store.domains import Domain
from store.errors import InvalidInputError
from store.passages import last_seq
from store.store import Store

AddDocument = Callable[..., Document]


def test_a_document_deleted_after_the_snapshot_is_never_shown(
    store: Store, retriever: Retriever, domain: Domain, plan: SearchPlan, find: Search, add: AddDocument
) -> None:
    document = add("a.txt", "red apple\ngreen pear")
    add("b.txt", "green pear\nyellow lemon")
    assert "red apple" in texts_of(find("red apple"))
    delete_document(store, domain.id, document.id)

    result = retriever.search(domain.id, plan, Request("red apple green pear"))  # the index did not follow

    assert sorted(texts_of(result)) == ["green pear", "yellow lemon"]
    assert {hit.passage.external_id for hit in result.hits} == {"b.txt"}


@pytest.mark.parametrize("mode", ["dense", "lexical", "hybrid"])
def test_the_place_of_a_document_deleted_after_the_snapshot_goes_to_the_next_one(
    store: Store,
    retriever: Retriever,
    domain: Domain,
    plan: SearchPlan,
    find: Search,
    add: AddDocument,
    mode: Mode,
) -> None:
    document = add("a.txt", "red apple")
    add("b.txt", "red apple pie")
    assert texts_of(find("red apple", top_k=1, mode=mode)) == ["red apple"]
    delete_document(store, domain.id, document.id)

    result = retriever.search(domain.id, plan, Request("red apple", top_k=1, mode=mode))

    assert texts_of(result) == ["red apple pie"]


def test_a_deleted_passage_is_in_no_stage(
    store: Store, retriever: Retriever, domain: Domain, plan: SearchPlan, find: Search, add: AddDocument
) -> None:
    add("a.txt", "red apple")
    gone = add("b.txt", "green apple")
    find("apple")
    delete_document(store, domain.id, gone.id)

    result = retriever.search(domain.id, plan, Request("apple"))  # the index did not follow

    (left,) = [hit.passage.id for hit in result.hits]
    for name in ("dense", "lexical", "fusion"):
        assert {each["passage_id"] for each in result.stages[name]} <= {left}


def test_a_search_is_at_least_as_new_as_the_change_it_names(
    store: Store, retriever: Retriever, domain: Domain, plan: SearchPlan, find: Search, add: AddDocument
) -> None:
    find("apple")
    add("a.txt", "red apple")

    assert texts_of(retriever.search(domain.id, plan, Request("apple"))) == []
    newest = last_seq(store, domain.id)
    result = retriever.search(domain.id, plan, Request("apple", min_seq=newest))

    assert texts_of(result) == ["red apple"]
    assert result.index_seq == newest


def test_a_change_that_nobody_made_yet_is_refused_at_once(find: Search, add: AddDocument) -> None:
    add("a.txt", "red apple")

    for seq in (2, 1_000_000_000):
        with pytest.raises(InvalidInputError, match=f"no change {seq} .* the newest is 1") as caught:
            find("apple", min_seq=seq)
        assert caught.value.param == "min_seq"


def test_a_search_may_refuse_to_wait_for_a_thread_that_opens_or_follows(
    store: Store,
    retriever: Retriever,
    domain: Domain,
    plan: SearchPlan,
    add: AddDocument,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slowly(*args: Any) -> Any:
        begun.set()
        assert go_on.wait(30)
        return last_seq(*args)

    def impatient(seq: int) -> Result:
        return retriever.search(domain.id, plan, Request("apple", min_seq=seq, wait_s=0))

    monkeypatch.setattr(index, "last_seq", slowly)  # an opening index looks for what its checkpoint does not have
    opening = threading.Thread(target=retriever.index, args=(domain.id,))
    opening.start()
    assert begun.wait(30)
    with pytest.raises(IndexBehindError, match="being opened"):
        impatient(0)
    go_on.set()
    opening.join()

    add("a.txt", "red apple")
    begun.clear()
    go_on.clear()
    monkeypatch.setattr(index, "last_seq", last_seq)
    changes = index.changes_since
    monkeypatch.setattr(index, "changes_since", lambda *args: (slowly(*args[:2]), changes(*args))[1])
    following = threading.Thread(target=retriever.follow)
    following.start()
    assert begun.wait(30)
    with pytest.raises(IndexBehindError, match="at change 0; 1 was asked for"):
        impatient(1)
    go_on.set()
    following.join()
    assert texts_of(impatient(1)) == ["red apple"]


def test_closing_with_a_checkpoint_lets_the_next_retriever_load_it(
    store: Store, settings: RetrieverSettings, domain: Domain, plan: SearchPlan, add: AddDocument
) -> None:
    add("a.txt", "red apple")
    first = Retriever(store, settings, Encoders(HashEncoder()))
    first.search(domain.id, plan, Request("apple", min_seq=1))
    first.close(checkpoint=True)

    second = Retriever(store, settings, Encoders(HashEncoder()))

    assert second.index(domain.id).snapshot.seq == 1
    assert not second.index(domain.id).rebuilt
    assert texts_of(second.search(domain.id, plan, Request("apple"))) == ["red apple"]
    second.close(checkpoint=False)


def test_a_forgotten_index_is_opened_anew(retriever: Retriever, domain: Domain, add: AddDocument) -> None:
    before = retriever.index(domain.id)
    add("a.txt", "red apple")

    retriever.forget(domain.id)

    assert retriever.index(domain.id) is not before
    assert len(retriever.index(domain.id).ids()) == 1


def test_following_brings_every_open_index_up_to_date(retriever: Retriever, domain: Domain, add: AddDocument) -> None:
    opened = retriever.index(domain.id)
    add("a.txt", "red apple")

    retriever.follow()

    assert opened.snapshot.seq == 1


@pytest.mark.parametrize("mode", ["dense", "lexical", "hybrid"])
def test_what_is_replaced_after_the_snapshot_is_found_as_it_is_now(
    retriever: Retriever, domain: Domain, plan: SearchPlan, find: Search, add: AddDocument, mode: Mode
) -> None:
    add("a.txt", "red apple one")
    assert texts_of(find("red apple", mode=mode)) == ["red apple one"]
    add("a.txt", "red apple two")

    result = retriever.search(domain.id, plan, Request("red apple", mode=mode))  # the index did not follow

    assert texts_of(result) == ["red apple two"]


def test_an_index_that_cannot_be_followed_still_shows_what_is_there(
    retriever: Retriever, domain: Domain, plan: SearchPlan, find: Search, add: AddDocument, monkeypatch: Any
) -> None:
    add("a.txt", "red apple one")
    add("b.txt", "red apple pie")
    find("red apple")
    add("a.txt", "red apple two")

    def fail(*_: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(index.DomainIndex, "_apply", fail)

    assert texts_of(retriever.search(domain.id, plan, Request("red apple"))) == ["red apple pie"]
