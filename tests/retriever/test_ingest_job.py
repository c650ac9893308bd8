"""The job `ingest` when something happens while it runs: a document is deleted, or the attempt before it died."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from fakes import HashEncoder

from retriever import ingest
from retriever.encoder import Vectors
from retriever.ingest import run_ingest, waiting_documents
from retriever.search import Request, Retriever
from retriever.settings import RetrieverSettings
from store.documents import Document, delete_document, get_document
from store.domains import Domain, delete_domain
from store.errors import ConflictError, NotFoundError
from store.jobs import Job, Lease, Progress, claim_job, create_job, get_job, give_back, list_events
from store.receiving import receive
from store.releases import active_release
from store.store import Store
from store.verify import verify_store


class WatchingEncoder(HashEncoder):
    """Calls `look` with the texts before it encodes them, and remembers them in order."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.look: Callable[[Sequence[str]], object] = len

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.seen += texts
        self.look(texts)
        return super().encode_passages(texts)


@pytest.fixture
def watching(monkeypatch: pytest.MonkeyPatch) -> WatchingEncoder:
    """The encoder that the job gets."""
    encoder = WatchingEncoder()
    monkeypatch.setattr(ingest, "load_encoder", lambda _: encoder)
    return encoder


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every document a group of its own."""
    monkeypatch.setattr(ingest, "_GROUP_DOCUMENTS", 1)


def _receive(store: Store, domain: Domain, *names: str) -> list[Document]:
    return [
        receive(store, domain.id, name, f"text of {name}".encode(), title=name, media_type="text/plain")[0]
        for name in names
    ]


def _claim(store: Store) -> tuple[Job, Lease]:
    claimed = claim_job(store)
    assert claimed is not None
    return claimed


def _states(store: Store, domain: Domain, *names: str) -> list[str]:
    return [get_document(store, domain.id, name).status for name in names]


def _found(store: Store, domain: Domain, settings: RetrieverSettings, query: str) -> list[str]:
    retriever = Retriever(store, settings, HashEncoder())
    hits = retriever.search(domain.id, active_release(store, domain.id).manifest, Request(query, mode="lexical")).hits
    retriever.close(checkpoint=False)
    return [hit.passage.external_id for hit in hits]


def _run(store: Store, settings: RetrieverSettings, claimed: tuple[Job, Lease]) -> dict[str, Any]:
    return run_ingest(settings, store, Progress(store, *claimed, interval_s=0))


def _once(act: Callable[[], object]) -> Callable[[Sequence[str]], object]:
    """Return what acts at its first call only."""
    left = [act]
    return lambda _: left.pop()() if left else None


def _died_once(store: Store, domain: Domain, *, counted: bool = True) -> tuple[Job, Lease]:
    """Queue the job, let its first attempt end, and return the claim of the next one."""
    create_job(store, "ingest", domain.id, {})
    _, lease = _claim(store)
    assert give_back(store, lease, "It was killed.", counted=counted) == "queued"
    return _claim(store)


@pytest.mark.usefixtures("one_by_one")
def test_a_document_deleted_between_listing_and_reading_does_not_stop_the_rest(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder
) -> None:
    first, second, third = _receive(store, domain, "first", "second", "third")
    watching.look = _once(lambda: delete_document(store, domain.id, second.id))
    create_job(store, "ingest", domain.id, {})

    result = _run(store, settings, _claim(store))

    assert result["failed"] == 0
    assert _states(store, domain, first.id, third.id) == ["searchable", "searchable"]
    assert watching.seen == ["text of first", "text of third"]
    assert _found(store, domain, settings, "text") == ["first", "third"]
    assert verify_store(store) == []


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_document_deleted_while_it_is_embedded_does_not_stop_the_rest(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder, place: int
) -> None:
    names = ["first", "second", "third"]
    documents = _receive(store, domain, *names)

    def delete_at_its_turn(texts: Sequence[str]) -> None:
        if f"text of {names[place]}" in texts:
            delete_document(store, domain.id, documents[place].id)

    watching.look = delete_at_its_turn
    create_job(store, "ingest", domain.id, {})

    result = _run(store, settings, _claim(store))

    kept = [name for name in names if name != names[place]]
    assert result["failed"] == 0
    assert _states(store, domain, *kept) == ["searchable", "searchable"]
    assert _found(store, domain, settings, "text") == kept
    assert verify_store(store) == []


def test_a_domain_cannot_be_deleted_under_the_running_job(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder
) -> None:
    _receive(store, domain, "first", "second", "third")
    create_job(store, "ingest", domain.id, {})
    claimed = _claim(store)

    with pytest.raises(ConflictError):
        delete_domain(store, domain.name)
    result = _run(store, settings, claimed)

    assert result == {"documents": 3, "failed": 0}


@pytest.mark.usefixtures("one_by_one")
def test_the_document_that_an_attempt_died_at_is_tried_last_and_in_quarantine(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder
) -> None:
    _receive(store, domain, "first", "second", "third")
    job, lease = _died_once(store, domain)
    assert job.attempts == 2
    states: list[list[str]] = []
    watching.look = lambda _: states.append(_states(store, domain, "first", "second", "third"))

    result = _run(store, settings, (job, lease))

    assert states[0] == ["received", "parsed", "received"]
    assert states[1] == ["received", "searchable", "parsed"]
    assert states[2] == ["quarantined", "searchable", "searchable"]
    assert watching.seen == ["text of second", "text of third", "text of first"]
    assert result == {"documents": 3, "failed": 0}
    first = get_document(store, domain.id, "first")
    assert (first.status, first.error, first.passages) == ("searchable", None, 1)
    assert _found(store, domain, settings, "first") == ["first"]
    assert waiting_documents(store, domain.id) == []
    assert verify_store(store) == []
    assert [event.message for event in list_events(store, job.id)] == [
        "second: searchable",
        "third: searchable",
        "first: searchable",
    ]


@pytest.mark.usefixtures("one_by_one")
def test_the_suspect_is_the_one_that_was_being_read_not_the_oldest(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder
) -> None:
    _receive(store, domain, "first", "second", "third")
    create_job(store, "ingest", domain.id, {})
    claimed = _claim(store)

    def die_at_the_second(texts: Sequence[str]) -> None:
        if "text of second" in texts:
            raise MemoryError  # as if the process were killed

    watching.look = die_at_the_second
    with pytest.raises(MemoryError):
        _run(store, settings, claimed)
    give_back(store, claimed[1], "It was killed.", counted=True)
    watching.seen.clear()
    watching.look = len

    result = _run(store, settings, _claim(store))

    assert watching.seen == ["text of third", "text of second"]
    assert result == {"documents": 2, "failed": 0}
    assert _states(store, domain, "first", "second", "third") == ["searchable"] * 3


def test_an_orderly_stop_puts_no_document_under_suspicion(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder
) -> None:
    _receive(store, domain, "first", "second")
    job, lease = _died_once(store, domain, counted=False)
    assert job.attempts == 1

    assert _run(store, settings, (job, lease)) == {"documents": 2, "failed": 0}

    assert watching.seen == ["text of first", "text of second"]


def test_a_second_attempt_with_nothing_left_to_do_succeeds(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder
) -> None:
    assert _run(store, settings, _died_once(store, domain)) == {"documents": 0, "failed": 0}

    assert watching.seen == []


@pytest.mark.usefixtures("one_by_one")
def test_a_suspect_that_is_deleted_meanwhile_is_passed_over(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder
) -> None:
    first, _ = _receive(store, domain, "first", "second")
    watching.look = _once(lambda: delete_document(store, domain.id, first.id))

    _run(store, settings, _died_once(store, domain))

    assert watching.seen == ["text of second"]
    assert _states(store, domain, "second") == ["searchable"]
    with pytest.raises(NotFoundError):
        get_document(store, domain.id, "first")


def test_a_suspect_that_cannot_be_read_fails_with_its_own_reason(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder
) -> None:
    receive(store, domain.id, "empty", b"", title="empty", media_type="text/plain")
    _receive(store, domain, "second")

    assert _run(store, settings, _died_once(store, domain)) == {"documents": 2, "failed": 1}

    empty = get_document(store, domain.id, "empty")
    assert (empty.status, empty.error and empty.error["code"]) == ("failed", "empty_document")


def test_the_suspects_of_a_group_are_tried_alone_the_largest_last(
    store: Store,
    domain: Domain,
    settings: RetrieverSettings,
    watching: WatchingEncoder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ingest, "_GROUP_DOCUMENTS", 2)
    names = ["the largest one", "small", "third", "fourth"]
    _receive(store, domain, *names)
    claimed = _died_once(store, domain)
    calls: list[list[str]] = []

    def die_at_the_largest(texts: Sequence[str]) -> None:
        calls.append(sorted(texts))
        if "text of the largest one" in texts:
            raise MemoryError  # as if the process were killed

    watching.look = die_at_the_largest
    with pytest.raises(MemoryError):
        _run(store, settings, claimed)

    assert calls == [["text of fourth", "text of third"], ["text of small"], ["text of the largest one"]]
    assert _states(store, domain, *names) == ["quarantined", "searchable", "searchable", "searchable"]
    assert waiting_documents(store, domain.id) == []
    assert verify_store(store) == []


def test_a_job_that_lost_its_lease_stops_at_its_next_report(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder
) -> None:
    _receive(store, domain, "first", "second")
    create_job(store, "ingest", domain.id, {})
    job, lease = _claim(store)
    give_back(store, lease, "It was given up for dead.", counted=True)
    _claim(store)

    with pytest.raises(ConflictError):
        _run(store, settings, (job, lease))

    assert watching.seen == []
    assert get_job(store, job.id).status == "running"
