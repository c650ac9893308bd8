"""The job `ingest` when something happens while it runs: a document or its original is gone, or the lease is lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from fakes import HashEncoder
from searching import usual_plan
from watching import WatchingEncoder, claim, receive_texts, run, states

from retriever.documents.ingest_job import run_ingest
from retriever.documents.reading import Reading
from retriever.models.encoders import Encoders
from retriever.search.search import Request, Retriever
from retriever.settings import RetrieverSettings
from store.attempts import give_back
from store.documents import delete_document, get_document
from store.domains import Domain, delete_domain
from store.errors import ConflictError
from store.jobs import create_job, get_job, list_events
from store.progress import Progress
from store.receiving import receive
from store.store import Store
from store.verify import verify_store


def _found(store: Store, domain: Domain, settings: RetrieverSettings, query: str) -> list[str]:
    retriever = Retriever(store, settings, Encoders(HashEncoder()))
    hits = retriever.search(domain.id, usual_plan(), Request(query, mode="lexical")).hits
    retriever.close(checkpoint=False)
    return [hit.passage.external_id for hit in hits]


def _once(act: Callable[[], object]) -> Callable[[Sequence[str]], object]:
    """Return what acts at its first call only."""
    left = [act]
    return lambda _: left.pop()() if left else None


@pytest.mark.usefixtures("one_by_one")
def test_a_document_deleted_between_listing_and_reading_does_not_stop_the_rest(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder
) -> None:
    first, second, third = receive_texts(store, domain, "first", "second", "third")
    watching.look = _once(lambda: delete_document(store, domain.id, second.id))
    create_job(store, "ingest", domain.id, {})

    result = run(store, settings, claim(store))

    assert result["failed"] == 0
    assert states(store, domain, first.id, third.id) == ["searchable", "searchable"]
    assert watching.seen == ["text of first", "text of third"]
    assert _found(store, domain, settings, "text") == ["first", "third"]
    assert verify_store(store) == []


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_document_deleted_while_it_is_embedded_does_not_stop_the_rest(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder, place: int
) -> None:
    names = ["first", "second", "third"]
    documents = receive_texts(store, domain, *names)

    def delete_at_its_turn(texts: Sequence[str]) -> None:
        if f"text of {names[place]}" in texts:
            delete_document(store, domain.id, documents[place].id)

    watching.look = delete_at_its_turn
    create_job(store, "ingest", domain.id, {})

    result = run(store, settings, claim(store))

    kept = [name for name in names if name != names[place]]
    assert result["failed"] == 0
    assert states(store, domain, *kept) == ["searchable", "searchable"]
    assert _found(store, domain, settings, "text") == kept
    assert verify_store(store) == []


def test_a_domain_cannot_be_deleted_under_the_running_job(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder
) -> None:
    receive_texts(store, domain, "first", "second", "third")
    create_job(store, "ingest", domain.id, {})
    claimed = claim(store)

    with pytest.raises(ConflictError):
        delete_domain(store, domain.name)
    result = run(store, settings, claimed)

    assert result == {"documents": 3, "failed": 0, "quarantined": 0}


def test_a_job_that_lost_its_lease_stops_at_its_next_report(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder
) -> None:
    receive_texts(store, domain, "first", "second")
    create_job(store, "ingest", domain.id, {})
    job, lease = claim(store)
    give_back(store, lease, "It was given up for dead.", counted=True)
    claim(store)

    with pytest.raises(ConflictError):
        run(store, settings, (job, lease))

    assert watching.seen == []
    assert get_job(store, job.id).status == "running"


@pytest.mark.parametrize("harm", ["lost", "damaged"])
def test_a_document_whose_original_is_gone_fails_with_a_reason_and_can_be_sent_again(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder, harm: str
) -> None:
    first, _ = receive_texts(store, domain, "first", "second")
    blob = store.folder.blob(first.sha256)
    blob.chmod(0o600)
    if harm == "lost":
        blob.unlink()
    else:
        blob.write_bytes(b"text of fiRst")
    job = create_job(store, "ingest", domain.id, {})

    assert run(store, settings, claim(store)) == {"documents": 2, "failed": 1, "quarantined": 0}

    failed = get_document(store, domain.id, "first")
    assert failed.error is not None
    assert (failed.status, failed.error["code"]) == ("failed", f"original_{harm}")
    assert str(store.folder.root) not in failed.error["message"]
    (told,) = [event for event in list_events(store, job.id) if event.level == "warning"]
    assert told.message.startswith("first: failed.")
    blob.unlink(missing_ok=True)
    receive_texts(store, domain, "first")
    create_job(store, "ingest", domain.id, {})
    run(store, settings, claim(store))
    assert states(store, domain, "first", "second") == ["searchable", "searchable"]


def test_every_document_that_fails_is_told_however_quick_the_job_is(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder
) -> None:
    receive_texts(store, domain, *(f"good-{number}" for number in range(18)))
    for name in ("empty-1", "empty-2"):
        receive(store, domain.id, name, b"", title=name, media_type="text/plain")
    job = create_job(store, "ingest", domain.id, {})
    _, lease = claim(store)

    result = run_ingest(settings, store, Progress(store, job, lease, interval_s=60.0))

    assert result == {"documents": 20, "failed": 2, "quarantined": 0}
    told = [event.message.split(":")[0] for event in list_events(store, job.id) if event.level == "warning"]
    assert told == ["empty-1", "empty-2"]
    assert sum(event.data.get("documents", 0) for event in list_events(store, job.id)) == 18


def test_progress_grows_with_the_bytes_that_are_done(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder, one_by_one: None
) -> None:
    large = " ".join(f"word{number}" for number in range(60_000)).encode()
    receive(store, domain.id, "large", large, title="large", media_type="text/plain")
    receive_texts(store, domain, "small", "tiny")
    job = create_job(store, "ingest", domain.id, {})
    seen: list[float] = []
    watching.look = lambda _: seen.append(get_job(store, job.id).progress)

    run(store, settings, claim(store))

    assert seen == sorted(seen)
    assert seen[0] < 0.15
    assert len([each for each in seen if each < 0.9]) > 1, "a large document is not all or nothing"
    assert seen[-2] > 0.8


@pytest.mark.parametrize("moment", ["parsed", "searchable", "failed"])
def test_a_job_that_loses_its_lease_in_the_middle_changes_no_document(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder, moment: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    data = b"" if moment == "failed" else b"text of first"
    receive(store, domain.id, "first", data, title="first", media_type="text/plain")
    create_job(store, "ingest", domain.id, {})
    job, lease = claim(store)

    def lose(*_: object) -> None:
        give_back(store, lease, "It was given up for dead.", counted=True, suspect=False)

    if moment == "searchable":
        watching.look = lose
    else:
        read = Reading.read
        monkeypatch.setattr(Reading, "read", lambda self, originals: (lose(), read(self, originals))[1])
    with pytest.raises(ConflictError):
        run(store, settings, (job, lease))

    assert states(store, domain, "first") == ["parsed" if moment == "searchable" else "received"]
    assert get_job(store, job.id).status == "queued"
