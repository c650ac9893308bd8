"""Documents that earlier rules cut are cut anew: no search misses one of them, before, between or after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from fakes import HashEncoder, vectors_of
from watching import WatchingEncoder
from writing import line_passages

from retriever.documents import recutting
from retriever.documents.ingest import ingest_documents
from retriever.documents.ingest_job import run_ingest
from retriever.documents.reading import Reading
from retriever.documents.recutting import is_outdated, recut_domain
from retriever.models.encoder import Encoder
from retriever.search.retrieval_part import SearchPlan
from retriever.search.search import Request, Retriever
from retriever.settings import RetrieverSettings
from store.documents import Cut, delete_document, get_document, make_all_searchable, mark_failed
from store.domains import Domain
from store.jobs import claim_job, create_job
from store.progress import Progress
from store.receiving import receive
from store.recutting import sets_in_use
from store.store import Store
from store.verify import verify_store

_CHUNKER = RetrieverSettings().chunker
(_EARLIER,) = _CHUNKER.earlier_sets
Found = Callable[[str], list[tuple[str, str]]]


def _put_as_before(store: Store, domain: Domain, name: str, text: str) -> str:
    """Make a document searchable as an earlier version did: each line a passage without a layout, in its set."""
    document, _ = receive(store, domain.id, name, text.encode(), title=name, media_type="text/plain")
    passages = line_passages(text)
    cut = Cut(document, text, passages)
    assert not make_all_searchable(store, [cut], _EARLIER, vectors_of(HashEncoder(), passages), HashEncoder.space_id)
    return document.id


@pytest.fixture
def found(retriever: Retriever, domain: Domain, plan: SearchPlan) -> Found:
    """What a release of before finds: (document, content) of its hits."""
    pinned = replace(plan, passage_set=_EARLIER)

    def search(query: str) -> list[tuple[str, str]]:
        retriever.follow()
        hits = retriever.search(domain.id, pinned, Request(query, 10, "lexical")).hits
        return sorted((hit.passage.external_id, hit.passage.content) for hit in hits)

    return search


def _recut(store: Store, domain: Domain, encoder: Encoder | None = None) -> int:
    return recut_domain(store, domain.id, encoder or HashEncoder(), _CHUNKER)


def test_releases_of_before_find_the_new_passages_once_all_are_there(
    store: Store, domain: Domain, found: Found
) -> None:
    _put_as_before(store, domain, "ferry hours.txt", "The ferry leaves\nat nine.")
    _put_as_before(store, domain, "fares.txt", "A ferry ticket is 12 crowns.")
    assert is_outdated(store, domain.id, _CHUNKER)
    assert found("ferry") == [("fares.txt", "A ferry ticket is 12 crowns."), ("ferry hours.txt", "The ferry leaves")]

    assert _recut(store, domain) == 2

    assert found("ferry") == [
        ("fares.txt", "fares\nA ferry ticket is 12 crowns."),
        ("ferry hours.txt", "ferry hours\nThe ferry leaves at nine."),
    ]
    assert not is_outdated(store, domain.id, _CHUNKER)
    assert sets_in_use(store, domain.id, [_EARLIER]) == []
    assert verify_store(store) == []
    assert _recut(store, domain) == 0


def test_while_documents_are_cut_anew_each_is_found_and_so_is_one_that_arrives_and_none_that_is_deleted(
    store: Store, domain: Domain, found: Found, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recutting, "_GROUP_BYTES", 1)
    names = ["apple", "berry", "cherry"]
    for name in names:
        _put_as_before(store, domain, f"{name}.txt", f"The ferry {name}.")
    gone = _put_as_before(store, domain, "gone.txt", "The ferry of old.")
    seen: list[list[str]] = []

    class Looking(HashEncoder):
        def encode_passages(self, texts):  # type: ignore[no-untyped-def]
            if not seen:
                document, _ = receive(
                    store, domain.id, "new.txt", b"The ferry new.", title="new.txt", media_type="text/plain"
                )
                ingest_documents(store, reading, HashEncoder(), RetrieverSettings(), [document])
                delete_document(store, domain.id, gone)
            seen.append([name for name, _ in found("ferry")])
            return super().encode_passages(texts)

    _recut(store, domain, Looking())

    everything = [*(f"{name}.txt" for name in names), "new.txt"]
    assert len(seen) >= 3
    assert all(each == everything for each in seen)
    assert [name for name, _ in found("ferry")] == everything
    assert verify_store(store) == []


def test_what_was_stopped_in_between_goes_on(
    store: Store, domain: Domain, found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recutting, "_GROUP_BYTES", 1)
    for name in ("apple", "berry"):
        _put_as_before(store, domain, f"{name}.txt", f"The ferry {name}.")

    class Failing(HashEncoder):
        def encode_passages(self, texts):  # type: ignore[no-untyped-def]
            if any("berry" in text for text in texts):
                raise MemoryError
            return super().encode_passages(texts)

    with pytest.raises(MemoryError):
        _recut(store, domain, Failing())
    assert [content for _, content in found("ferry")] == ["The ferry apple.", "The ferry berry."]

    assert _recut(store, domain) == 1
    assert [content for _, content in found("ferry")] == ["apple\nThe ferry apple.", "berry\nThe ferry berry."]


def test_a_version_that_is_searched_is_cut_anew_also_if_a_newer_one_failed(
    store: Store, domain: Domain, found: Found
) -> None:
    key = _put_as_before(store, domain, "hours.txt", "The ferry leaves at nine.")
    failed, _ = receive(store, domain.id, "hours.txt", b"\0", title="hours.txt", media_type="text/plain")
    mark_failed(store, failed, "empty_document", "It has no text.")

    _recut(store, domain)

    assert found("ferry") == [("hours.txt", "hours\nThe ferry leaves at nine.")]
    assert get_document(store, domain.id, key).status == "failed"


def test_the_job_ingest_says_how_many_it_cut_anew(
    store: Store, domain: Domain, found: Found, watching: WatchingEncoder
) -> None:
    _put_as_before(store, domain, "hours.txt", "The ferry leaves at nine.")
    job = create_job(store, "ingest", domain.id, {})
    claimed = claim_job(store)
    assert claimed is not None
    assert claimed[0].id == job.id

    counts = run_ingest(RetrieverSettings(), store, Progress(store, *claimed))

    assert counts == {"documents": 0, "failed": 0, "quarantined": 0, "recut": 1}
    assert found("ferry") == [("hours.txt", "hours\nThe ferry leaves at nine.")]
