"""A large document is found by its words before its vectors are there, and the job goes on with these wherever."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from fakes import HashEncoder
from searching import Search, texts_of
from watching import WatchingEncoder, claim, die, receive_texts, run, states

from retriever.documents import embedding, ingest
from retriever.documents.ingest import ingest_documents
from retriever.documents.reading import Reading
from retriever.index.domain_index import View
from retriever.index.verification import verify_index
from retriever.settings import RetrieverSettings
from store.awaited import count_awaited
from store.documents import Document, delete_document, get_document
from store.domains import Domain, create_domain
from store.jobs import create_job, get_job, list_events
from store.passages import live_texts, read_contents, read_passages, read_vectors
from store.receiving import receive
from store.store import Store
from store.verify import verify_store

_LINES = [f"# Chapter {number}\n\nThe ferry number{number} leaves at noon." for number in range(12)]


@pytest.fixture(autouse=True)
def small_bounds(monkeypatch: pytest.MonkeyPatch, one_by_one: None) -> None:
    """Let a document be large that has more than five texts, and a portion have three."""
    monkeypatch.setattr(ingest, "_AT_ONCE", 5)
    monkeypatch.setattr(embedding, "_PORTION", 3)


def _large(store: Store, domain: Domain, lines: Sequence[str] = _LINES, name: str = "large.md") -> Document:
    data = "\n\n".join(lines).encode()
    return receive(store, domain.id, name, data, title=name, media_type="text/markdown")[0]


def test_its_words_are_searchable_before_any_text_of_it_is_embedded_and_hybrid_search_uses_what_there_is(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder, find: Search
) -> None:
    receive_texts(store, domain, "small")
    _large(store, domain)
    create_job(store, "ingest", domain.id, {})
    seen: list[tuple[str, int]] = []

    def look(texts: Sequence[str]) -> None:
        if not any("ferry" in text for text in texts):
            return
        document = get_document(store, domain.id, "large.md")
        seen.append((document.status, document.unembedded))
        for number in (0, 11):
            hit = find(f"ferry number{number}").hits[0]
            assert hit.passage.text == f"The ferry number{number} leaves at noon."
            assert (hit.cosine is None) == (12 - document.unembedded <= number)
        assert sum("ferry" in text for text in texts_of(find("ferry noon", top_k=20))) == 12
        assert len(find("ferry noon", mode="dense", top_k=20).hits) == 13 - document.unembedded

    watching.look = look
    run(store, settings, claim(store))

    assert seen == [("searchable", 12), ("searchable", 9), ("searchable", 6), ("searchable", 3)]
    assert get_document(store, domain.id, "large.md").unembedded == 0


def test_progress_grows_and_the_events_say_what_follows(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder
) -> None:
    receive_texts(store, domain, "small")
    _large(store, domain)
    job = create_job(store, "ingest", domain.id, {})
    seen: list[float] = []
    watching.look = lambda _: seen.append(get_job(store, job.id).progress)

    result = run(store, settings, claim(store))

    assert result == {"documents": 2, "failed": 0, "quarantined": 0}
    assert seen == sorted(seen)
    assert len(set(seen)) == 5
    told = [event.message for event in list_events(store, job.id)]
    assert any(message.endswith("searchable by words; the vectors of 12 passages follow") for message in told)
    assert "The vectors of 12 passages are there, none is awaited" in told


@pytest.mark.parametrize("server", [True, False])
def test_whoever_dies_between_two_portions_is_followed_by_one_that_goes_on(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder, server: bool
) -> None:
    _large(store, domain)
    create_job(store, "ingest", domain.id, {})

    def die_at_the_third(texts: Sequence[str]) -> None:
        if any("number7" in text for text in texts):
            raise MemoryError

    watching.look = die_at_the_third
    assert die(store, settings, server=server) == "queued"
    assert get_document(store, domain.id, "large.md").unembedded == 6
    assert verify_store(store) == []

    watching.look, watching.seen = len, []
    run(store, settings, claim(store))

    assert len(watching.seen) == 6
    assert count_awaited(store, domain.id, HashEncoder.space_id) == 0
    assert verify_store(store) == []


def test_a_portion_that_kills_again_and_again_fails_the_job_and_the_document_stays_searchable(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder
) -> None:
    _large(store, domain)
    create_job(store, "ingest", domain.id, {})

    def kill(_: Sequence[str]) -> None:
        raise MemoryError

    watching.look = kill
    ends = [die(store, settings)]
    while ends[-1] == "queued":
        ends.append(die(store, settings))

    assert ends[-1] == "failed"
    assert len(ends) <= 3
    document = get_document(store, domain.id, "large.md")
    assert (document.status, document.unembedded) == ("searchable", 12)


def test_what_arrives_while_vectors_are_computed_does_not_wait_for_them(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder
) -> None:
    _large(store, domain)
    create_job(store, "ingest", domain.id, {})
    found: list[str] = []

    def look(texts: Sequence[str]) -> None:
        if any("number0" in text for text in texts):
            receive_texts(store, domain, "late")
        if any("number3" in text for text in texts):
            found.extend(states(store, domain, "late"))

    watching.look = look
    result = run(store, settings, claim(store))

    assert found == ["searchable"]
    assert result["documents"] == 2


@pytest.mark.parametrize("what", ["deleted", "replaced by a small one", "replaced by a large one"])
def test_it_may_be_deleted_or_replaced_while_its_vectors_are_computed(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder, what: str
) -> None:
    document = _large(store, domain)
    create_job(store, "ingest", domain.id, {})
    after = {"deleted": [], "replaced by a small one": _LINES[:2], "replaced by a large one": _LINES[4:]}[what]

    def look(texts: Sequence[str]) -> None:
        if any("number4" in text for text in texts):
            watching.look = len
            if what == "deleted":
                delete_document(store, domain.id, document.id)
            else:
                _large(store, domain, after)

    watching.look = look
    run(store, settings, claim(store))

    texts = {line.rpartition("\n")[2] for line in after}
    assert {text for text, _ in _whole(store, domain, settings)} == texts
    assert verify_store(store) == []


def _whole(store: Store, domain: Domain, settings: RetrieverSettings) -> set[tuple[str, bytes]]:
    """Return the texts of all passages with their vectors; the index of the domain must show just these."""
    passage_set = settings.chunker.passage_set
    view = View(domain.id, passage_set, HashEncoder.space_id, HashEncoder.dimension)
    assert verify_index(store, view) == []
    live = live_texts(store, domain.id, passage_set).live
    vectors = dict(read_vectors(store, live, HashEncoder.space_id))
    assert vectors.keys() == dict(read_contents(store, live)).keys() == live
    return {(each.text, vectors[each.text_id]) for each in read_passages(store, domain.id, live, passage_set)}


def test_in_the_end_all_is_as_if_it_had_been_ingested_at_once(
    store: Store, domain: Domain, settings: RetrieverSettings, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = _large(store, domain)
    (partly,) = ingest_documents(store, reading, HashEncoder(), settings, [document], vectors_later=True)
    assert partly.unembedded == 12
    (done,) = ingest_documents(store, reading, HashEncoder(), settings, [partly])
    assert (done.status, done.unembedded) == ("searchable", 0)
    monkeypatch.setattr(ingest, "_AT_ONCE", 1000)
    other = create_domain(store, "other", {"adapter": None})
    ingest_documents(store, reading, HashEncoder(), settings, [_large(store, other)])

    assert _whole(store, domain, settings) == _whole(store, other, settings)
    assert len(_whole(store, other, settings)) == 12


def test_a_small_document_is_embedded_before_it_is_searchable(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder
) -> None:
    _large(store, domain, _LINES[:5], "small.md")
    create_job(store, "ingest", domain.id, {})
    seen: list[str] = []
    watching.look = lambda _: seen.extend(states(store, domain, "small.md"))

    run(store, settings, claim(store))

    assert seen == ["parsed"]
