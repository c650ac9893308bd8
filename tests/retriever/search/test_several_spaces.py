"""Several spaces and passage sets of one domain at once: each is searched, followed, saved and verified for itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fakes import HashEncoder

from retriever.documents.ingest import ingest_documents
from retriever.documents.reading import Reading
from retriever.index.verification import verify_index, verify_indexes
from retriever.models.encoders import Encoders
from retriever.search.retrieval_part import SearchPlan
from retriever.search.search import Request, Retriever
from retriever.settings import ChunkerSettings, RetrieverSettings
from store.documents import Document, delete_document, get_document
from store.domains import Domain
from store.passages import live_texts, read_contents, read_passages
from store.receiving import receive
from store.store import Store
from store.verify import verify_store


class OtherEncoder(HashEncoder):
    """Another space, of another dimension."""

    space_id = "spc_other"
    dimension = 48


_LARGE = RetrieverSettings()
_SMALL = RetrieverSettings(chunker=ChunkerSettings(latin=(10, 30), cjk=(10, 30)))
_WAYS = {"large": (_LARGE, HashEncoder()), "small": (_SMALL, OtherEncoder())}
_TEXT = b"The red ferry leaves at nine.\n\nThe green ferry leaves at ten."
_NEW = b"The blue ferry leaves at noon.\n\nThe green ferry leaves at ten."


@pytest.fixture
def retriever(store: Store) -> Iterator[Retriever]:
    """It is set up for large passages and knows the space and the set of small ones, too."""
    others = {OtherEncoder.space_id: OtherEncoder}
    opened = Retriever(store, _LARGE, Encoders(HashEncoder(), others), passage_sets=[_SMALL.chunker.passage_set])
    yield opened
    opened.close(checkpoint=False)


@pytest.fixture
def plans(plan: SearchPlan) -> dict[str, SearchPlan]:
    return {
        name: replace(plan, space_id=encoder.space_id, passage_set=settings.chunker.passage_set)
        for name, (settings, encoder) in _WAYS.items()
    }


class _House:
    """Documents of one domain, made searchable in one way or the other."""

    def __init__(self, store: Store, domain: Domain, reading: Reading) -> None:
        self._store, self._domain, self._reading = store, domain, reading

    def put(self, name: str, data: bytes, *ways: str) -> Document:
        document, _ = receive(self._store, self._domain.id, name, data, title=None, media_type="text/plain")
        for way in ways:
            settings, encoder = _WAYS[way]
            (document,) = ingest_documents(self._store, self._reading, encoder, settings, [document])
        return document

    def texts(self, way: str) -> list[str]:
        """Return what the passages of a set are, as the database has them, in order."""
        settings, _ = _WAYS[way]
        passage_set = settings.chunker.passage_set
        live = live_texts(self._store, self._domain.id, passage_set).live
        return [each.text for each in read_passages(self._store, self._domain.id, live, passage_set)]


@pytest.fixture
def house(store: Store, domain: Domain, reading: Reading) -> _House:
    return _House(store, domain, reading)


def _found(retriever: Retriever, domain: Domain, plan: SearchPlan, query: str) -> list[str]:
    hits = retriever.search(domain.id, plan, Request(query, mode="dense", top_k=20)).hits
    return sorted(hit.passage.text for hit in hits)


_RED, _BLUE, _GREEN = (
    f"The {colour} ferry leaves at {time}." for colour, time in (("red", "nine"), ("blue", "noon"), ("green", "ten"))
)


def test_both_are_searchable_at_once_each_with_its_own_passages(
    store: Store, domain: Domain, retriever: Retriever, plans: dict[str, SearchPlan], house: _House
) -> None:
    house.put("a.txt", _TEXT, "large", "small")

    assert house.texts("large") == _found(retriever, domain, plans["large"], "ferry") == [_TEXT.decode()]
    assert house.texts("small") == [_RED, _GREEN]
    assert _found(retriever, domain, plans["small"], "ferry") == sorted([_RED, _GREEN])
    best = retriever.search(domain.id, plans["small"], Request(_GREEN, mode="dense", top_k=1)).hits[0]
    assert best.passage.text == _GREEN
    assert best.cosine == pytest.approx(1.0, abs=0.01)
    assert get_document(store, domain.id, "a.txt").status == "searchable"
    assert verify_store(store) == []


def test_making_a_document_searchable_again_leaves_the_other_set_and_space_alone(
    store: Store, domain: Domain, house: _House
) -> None:
    document = house.put("a.txt", _TEXT, "large", "small")
    small = live_texts(store, domain.id, _SMALL.chunker.passage_set, OtherEncoder.space_id)

    ingest_documents(store, house._reading, HashEncoder(), _LARGE, [document])

    after = live_texts(store, domain.id, _SMALL.chunker.passage_set, OtherEncoder.space_id)
    assert after.live == small.live
    assert [content for _, content in read_contents(store, after.live)] == [_RED, _GREEN]
    assert house.texts("large") == [_TEXT.decode()]
    assert verify_store(store) == []


def test_a_new_version_replaces_the_old_one_everywhere_and_a_deletion_reaches_both(
    store: Store, domain: Domain, retriever: Retriever, plans: dict[str, SearchPlan], house: _House
) -> None:
    house.put("a.txt", _TEXT, "large", "small")
    house.put("b.txt", _GREEN.encode(), "large", "small")
    for plan in plans.values():
        retriever.index(domain.id, plan)

    new = house.put("a.txt", _NEW, "large")
    assert retriever.follow() == {}
    assert _found(retriever, domain, plans["large"], "ferry") == sorted([_NEW.decode(), _GREEN])
    assert _found(retriever, domain, plans["small"], "ferry") == [_GREEN], "what is outdated is not found"
    assert verify_store(store) == []

    house.put("a.txt", _NEW, "small")
    assert retriever.follow() == {}
    assert _found(retriever, domain, plans["small"], "ferry") == sorted([_BLUE, _GREEN])

    delete_document(store, domain.id, new.id)
    retriever.indexes.follow_domain(domain.id)
    assert {name: _found(retriever, domain, plan, "ferry") for name, plan in plans.items()} == {
        "large": [_GREEN], "small": [_GREEN],
    }  # fmt: skip
    assert [len(retriever.index(domain.id, plan).ids()) for plan in plans.values()] == [1, 1]
    assert verify_store(store) == []


def test_both_views_are_saved_loaded_and_verified(
    store: Store, domain: Domain, retriever: Retriever, plans: dict[str, SearchPlan], house: _House
) -> None:
    house.put("a.txt", _TEXT, "large", "small")
    views = [retriever.view(domain.id, plan) for plan in plans.values()]
    for view in views:
        retriever.indexes.get(view)
    retriever.close(checkpoint=True)

    assert verify_indexes(store) == []
    house.put("b.txt", _NEW, "small")
    again = [retriever.indexes.get(view) for view in views]
    assert [index.rebuilt for index in again] == [False, False]
    assert [len(index.ids()) for index in again] == [1, 3]  # the green ferry leaves but once
    assert [verify_index(store, view) for view in views] == [[], []]
    assert len(list(store.folder.indexes.iterdir())) == 2


def test_a_second_space_of_the_same_passages_shows_what_has_a_vector_in_it(
    store: Store, domain: Domain, retriever: Retriever, plans: dict[str, SearchPlan], house: _House
) -> None:
    first = house.put("a.txt", _TEXT, "large")
    house.put("b.txt", _GREEN.encode(), "large")
    other = replace(plans["large"], space_id=OtherEncoder.space_id)
    assert _found(retriever, domain, other, "ferry") == []

    ingest_documents(store, house._reading, OtherEncoder(), _LARGE, [first])

    assert retriever.follow() == {}
    assert _found(retriever, domain, other, "ferry") == [_TEXT.decode()]
    assert _found(retriever, domain, plans["large"], "ferry") == sorted([_TEXT.decode(), _GREEN])
    assert [verify_index(store, retriever.view(domain.id, each)) for each in (other, plans["large"])] == [[], []]
    assert verify_store(store) == []


def test_an_encoder_is_loaded_once_and_when_it_is_needed(plan: SearchPlan, store: Store, domain: Domain) -> None:
    loaded: list[str] = []

    def load() -> OtherEncoder:
        loaded.append(OtherEncoder.space_id)
        return OtherEncoder()

    encoders = Encoders(HashEncoder(), {OtherEncoder.space_id: load})
    retriever = Retriever(store, _LARGE, encoders)
    retriever.search(domain.id, plan, Request("ferry"))
    assert loaded == []

    for _ in range(2):
        retriever.search(domain.id, replace(plan, space_id=OtherEncoder.space_id), Request("ferry"))
    retriever.close(checkpoint=False)

    assert loaded == [OtherEncoder.space_id]
    assert encoders.configured.space_id == HashEncoder.space_id
