"""Documents in doubt: whose death it was decides what becomes of the documents that were being read."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from watching import WatchingEncoder, claim, die, receive_texts, run, states

from retriever.documents import ingest
from retriever.documents.ingest import waiting_documents
from retriever.settings import RetrieverSettings
from store.attempts import MAX_ATTEMPTS_AT_DOCUMENTS, MAX_SERVER_DEATHS_ALONE, give_back, try_again
from store.documents import delete_document, get_document
from store.domains import Domain
from store.jobs import create_job, finish_job, get_job, list_events, request_cancel
from store.progress import CancelledError
from store.receiving import receive
from store.store import Store
from store.verify import verify_store

NAMES = ("first", "second", "third")
DONE = {"documents": 3, "failed": 0, "quarantined": 0}


@pytest.fixture
def job(store: Store, domain: Domain, watching: WatchingEncoder) -> str:
    """The job that is to read three documents."""
    del watching
    receive_texts(store, domain, *NAMES)
    return create_job(store, "ingest", domain.id, {}).id


def test_a_document_at_which_the_process_died_once_is_read_alone_after_all_others(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder, job: str,
    one_by_one: None,
) -> None:  # fmt: skip
    watching.die_at("first")
    assert die(store, settings) == "queued"
    watching.seen.clear()
    watching.look = len

    result = run(store, settings, claim(store))

    assert watching.seen == ["text of second", "text of third", "text of first"]
    assert result == DONE
    assert states(store, domain, *NAMES) == ["searchable"] * 3
    assert verify_store(store) == []


def test_a_document_that_kills_is_tried_alone_twice_and_then_put_in_quarantine_while_the_others_go_on(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder, job: str
) -> None:
    watching.die_at("second")

    assert die(store, settings) == "queued"
    assert states(store, domain, *NAMES) == ["parsed"] * 3
    watching.seen.clear()
    assert die(store, settings) == "queued"
    assert states(store, domain, *NAMES) == ["searchable", "parsed", "searchable"]
    assert watching.seen == ["text of first", "text of third", "text of second"]
    assert die(store, settings) == "queued"
    assert run(store, settings, claim(store)) == {"documents": 0, "failed": 0, "quarantined": 1}

    killer = get_document(store, domain.id, "second")
    assert killer.error is not None
    assert (killer.status, killer.error["code"]) == ("quarantined", "worker_died")
    assert "It was killed." in killer.error["message"]
    assert waiting_documents(store, domain.id) == []
    assert any(event.message.startswith("second: quarantined") for event in list_events(store, job))
    assert verify_store(store) == []


def test_what_is_in_quarantine_can_be_tried_anew_without_suspicion(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder, job: str
) -> None:
    watching.die_at("second")
    for _ in range(3):
        die(store, settings)
    run(store, settings, claim(store))
    assert states(store, domain, "second") == ["quarantined"]
    watching.look = len

    assert try_again(store, domain.id) == 1
    create_job(store, "ingest", domain.id, {})
    finish_job(store, claim(store)[1], "succeeded")
    create_job(store, "ingest", domain.id, {})

    assert run(store, settings, claim(store)) == {"documents": 1, "failed": 0, "quarantined": 0}
    assert (get_document(store, domain.id, "second").error, states(store, domain, "second")) == (None, ["searchable"])


def test_the_ends_of_the_server_do_not_count_against_any_document(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder, job: str
) -> None:
    watching.die_at(*NAMES)
    for _ in range(2):
        die(store, settings, server=True)
        assert states(store, domain, *NAMES) == ["parsed"] * 3
        assert get_job(store, job).attempts == 0
    watching.look = len

    assert run(store, settings, claim(store)) == DONE
    assert states(store, domain, *NAMES) == ["searchable"] * 3


def test_a_document_that_ends_the_server_time_and_again_stands_in_nobodys_way_and_is_given_up_at_last(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder, job: str
) -> None:
    watching.die_at("second")
    deaths = 0
    while waiting_documents(store, domain.id) and deaths < 20:
        die(store, settings, server=True)
        deaths += 1

    assert states(store, domain, *NAMES) == ["searchable", "quarantined", "searchable"]
    error = get_document(store, domain.id, "second").error
    assert error is not None
    assert error["code"] == "server_died"
    assert str(MAX_SERVER_DEATHS_ALONE) in error["message"]
    assert deaths == MAX_SERVER_DEATHS_ALONE + 2
    assert get_job(store, job).status == "queued"


def test_cancelling_while_a_document_in_doubt_is_tried_leaves_it_healthy(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder, job: str
) -> None:
    watching.die_at("second")
    for _ in range(2):
        die(store, settings)
    watching.look = lambda _: request_cancel(store, job)
    claimed = claim(store)

    with pytest.raises(CancelledError):
        run(store, settings, claimed)
    finish_job(store, claimed[1], "cancelled")

    assert states(store, domain, "second") == ["parsed"]
    watching.look = len
    create_job(store, "ingest", domain.id, {})
    assert run(store, settings, claim(store)) == {"documents": 1, "failed": 0, "quarantined": 0}


def test_a_process_that_is_killed_because_it_ignores_a_cancellation_accuses_no_document(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder, job: str
) -> None:
    watching.die_at("first")
    for _ in range(2):
        die(store, settings)
    claimed = claim(store)
    with pytest.raises(MemoryError):
        run(store, settings, claimed)
    request_cancel(store, job)

    assert give_back(store, claimed[1], "It did not stop.", counted=True) == "cancelled"

    assert states(store, domain, "first") == ["parsed"]


def test_a_full_disk_accuses_no_document_and_fails_the_job(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder, job: str
) -> None:
    watching.die_at(*NAMES)
    for expected in ("queued", "failed"):
        claimed = claim(store)
        with pytest.raises(MemoryError):
            run(store, settings, claimed)
        reason = "The work failed with OSError: no space left."
        assert give_back(store, claimed[1], reason, counted=True, code="internal_error", suspect=False) == expected

    error = get_job(store, job).error
    assert error is not None
    assert (error["code"], "no space left" in error["message"]) == ("internal_error", True)
    watching.look = len
    create_job(store, "ingest", domain.id, {})
    watching.seen.clear()
    assert run(store, settings, claim(store)) == DONE
    assert sorted(watching.seen) == [f"text of {name}" for name in NAMES]


def test_a_job_that_dies_at_every_document_fails_before_it_accuses_them_all(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder, one_by_one: None
) -> None:
    names = [f"{number:02}" for number in range(20)]
    receive_texts(store, domain, *names)
    job = create_job(store, "ingest", domain.id, {}).id
    watching.die_at(*names)

    statuses = [die(store, settings) for _ in range(MAX_ATTEMPTS_AT_DOCUMENTS)]

    assert statuses == ["queued"] * (MAX_ATTEMPTS_AT_DOCUMENTS - 1) + ["failed"]
    assert (get_job(store, job).error or {})["code"] == "worker_died"
    assert set(states(store, domain, *names)) <= {"received", "parsed"}


def test_documents_in_doubt_are_tried_the_smallest_first(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(ingest, "_GROUP_DOCUMENTS", 2)
    receive_texts(store, domain, "the largest one", "small", "third", "fourth")
    create_job(store, "ingest", domain.id, {})
    watching.die_at("the largest one")
    die(store, settings)
    calls: list[list[str]] = []

    def look(texts: Sequence[str]) -> None:
        calls.append(sorted(texts))

    watching.look = look
    run(store, settings, claim(store))

    assert calls == [["text of fourth", "text of third"], ["text of small"], ["text of the largest one"]]


def test_a_new_version_of_a_document_in_doubt_is_above_suspicion(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder, job: str
) -> None:
    watching.die_at("first")
    for _ in range(2):
        die(store, settings)
    receive(store, domain.id, "first", b"text of another", title="first", media_type="text/plain")
    watching.die_at("another")

    assert die(store, settings) == "queued"

    assert states(store, domain, "first") == ["parsed"]


def test_a_document_in_doubt_that_is_deleted_meanwhile_is_passed_over(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder, job: str
) -> None:
    watching.die_at("second")
    die(store, settings)
    second = get_document(store, domain.id, "second")
    watching.look = lambda texts: "text of third" in texts and delete_document(store, domain.id, second.id)

    run(store, settings, claim(store))

    assert states(store, domain, "first", "third") == ["searchable", "searchable"]


def test_an_orderly_stop_puts_no_document_under_suspicion(
    store: Store, domain: Domain, settings: RetrieverSettings, watching: WatchingEncoder, job: str
) -> None:
    watching.die_at("first")
    claimed = claim(store)
    with pytest.raises(MemoryError):
        run(store, settings, claimed)
    assert give_back(store, claimed[1], "The server stopped.", counted=False) == "queued"
    watching.look = len
    watching.seen.clear()
    again = claim(store)

    assert again[0].attempts == 1
    assert run(store, settings, again) == DONE
    assert watching.seen == ["text of first", "text of third", "text of second"]
