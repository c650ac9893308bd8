"""Ingest: received documents become searchable, or say why they do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, ClassVar

import pytest
from fakes import HashEncoder
from hypothesis import given
from hypothesis import strategies as st
from searching import usual_plan

from retriever.documents import ingest
from retriever.documents.ingest import groups, ingest_documents, waiting_documents
from retriever.documents.ingest_job import run_ingest
from retriever.documents.reading import Reading
from retriever.index.domain_index import View
from retriever.index.verification import verify_index
from retriever.models.encoder import Encoder, Vectors
from retriever.models.encoders import Encoders
from retriever.search.search import Request, Retriever
from retriever.settings import RetrieverSettings
from store.documents import Document, delete_document, get_document, get_version
from store.domains import Domain
from store.jobs import claim_job, create_job
from store.passages import vectors_present
from store.progress import Progress
from store.receiving import receive
from store.store import Store
from store.verify import verify_store


class CountingEncoder(HashEncoder):
    """Remembers which passages it was given."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.seen += texts
        return super().encode_passages(texts)


IngestOne = Callable[[Encoder, Document], Document]


@pytest.fixture
def ingest_one(store: Store, reading: Reading, settings: RetrieverSettings) -> IngestOne:
    """Make one document searchable and return its new state."""

    def ingest_document(encoder: Encoder, document: Document) -> Document:
        (done,) = ingest_documents(store, reading, encoder, settings, [document])
        return done

    return ingest_document


@pytest.fixture
def counting() -> CountingEncoder:
    return CountingEncoder()


@pytest.fixture
def retriever(store: Store, settings: RetrieverSettings, counting: CountingEncoder) -> Iterator[Retriever]:
    opened = Retriever(store, settings, Encoders(counting))
    yield opened
    opened.close(checkpoint=False)


def _receive(store: Store, domain: Domain, name: str, data: bytes, kind: str = "text/plain") -> Document:
    return receive(store, domain.id, name, data, title=name, media_type=kind)[0]


def _found(store: Store, retriever: Retriever, domain: Domain, query: str) -> list[tuple[str, int, str]]:
    retriever.index(domain.id).follow()
    hits = retriever.search(domain.id, usual_plan(), Request(query, mode="lexical")).hits
    return [(hit.passage.external_id, hit.passage.version, hit.passage.text) for hit in hits]


def test_a_received_document_becomes_searchable(
    store: Store, domain: Domain, ingest_one: IngestOne, counting: CountingEncoder, retriever: Retriever
) -> None:
    received = _receive(store, domain, "a.md", "# Leave\r\n\r\n25 days.".encode("utf-16"), "text/markdown")
    assert _found(store, retriever, domain, "days") == []

    document = ingest_one(counting, received)

    assert (document.status, document.passages, document.error) == ("searchable", 1, None)
    assert get_version(store, domain.id, document.id).text == "# Leave\n\n25 days."
    assert _found(store, retriever, domain, "leave days") == [("a.md", 1, "25 days.")]
    assert counting.seen == ["Leave\n25 days."]
    assert verify_store(store) == []


@pytest.mark.parametrize(("data", "code"), [(b" \n", "empty_document"), (b"\xef\xbb\xbfcaf\xe9", "bad_encoding")])
def test_a_document_that_cannot_be_read_fails_with_code_and_message(
    store: Store, domain: Domain, ingest_one: IngestOne, counting: CountingEncoder, data: bytes, code: str
) -> None:
    document = ingest_one(counting, _receive(store, domain, "a.txt", data))

    assert (document.status, document.passages) == ("failed", 0)
    assert document.error is not None
    assert document.error["code"] == code
    assert document.error["message"].endswith(".")
    assert counting.seen == []


def test_the_version_before_stays_searchable_when_the_new_one_fails(
    store: Store, domain: Domain, ingest_one: IngestOne, counting: CountingEncoder, retriever: Retriever
) -> None:
    ingest_one(counting, _receive(store, domain, "a.txt", b"red apple"))

    failed = ingest_one(counting, _receive(store, domain, "a.txt", b"\n"))

    assert (failed.status, failed.version, failed.passages) == ("failed", 2, 1)
    assert _found(store, retriever, domain, "apple") == [("a.txt", 1, "red apple")]

    mended = ingest_one(counting, _receive(store, domain, "a.txt", b"green apple"))

    assert (mended.status, mended.version, mended.error) == ("searchable", 3, None)
    assert _found(store, retriever, domain, "apple") == [("a.txt", 3, "green apple")]


def test_a_text_is_embedded_once_however_many_documents_hold_it(
    store: Store, domain: Domain, ingest_one: IngestOne, counting: CountingEncoder
) -> None:
    text = b"# A\n\nshared text\n\n# B\n\nshared text"
    first = ingest_one(counting, _receive(store, domain, "a.txt", b"shared text"))
    ingest_one(counting, _receive(store, domain, "b.txt", b"shared text"))
    ingest_one(counting, _receive(store, domain, "c.md", b"shared text", "text/markdown"))
    assert counting.seen == ["shared text"]

    ingest_one(counting, _receive(store, domain, "d.md", text, "text/markdown"))
    assert len(counting.seen) == 3

    delete_document(store, domain.id, first.id)
    ingest_one(counting, _receive(store, domain, "e.txt", b"shared text"))
    assert len(counting.seen) == 3


def test_a_text_that_loses_its_last_owner_during_the_ingest_is_embedded_after_all(
    store: Store,
    domain: Domain,
    ingest_one: IngestOne,
    counting: CountingEncoder,
    retriever: Retriever,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = ingest_one(HashEncoder(), _receive(store, domain, "a.txt", b"shared text"))

    def known_and_then_deleted(*wanted: Any) -> set[str]:
        """Delete the other owner between the look-up of known vectors and the transaction."""
        known = vectors_present(*wanted)
        delete_document(store, domain.id, first.id)
        return known

    monkeypatch.setattr(ingest, "vectors_present", known_and_then_deleted)
    second = ingest_one(counting, _receive(store, domain, "b.txt", b"shared text"))

    assert second.status == "searchable"
    assert counting.seen == ["shared text"]
    assert _found(store, retriever, domain, "shared") == [("b.txt", 1, "shared text")]


def test_a_document_is_parsed_before_it_is_embedded_and_waits_until_it_is_searchable(
    store: Store, domain: Domain, ingest_one: IngestOne
) -> None:
    class DyingEncoder(HashEncoder):
        def encode_passages(self, texts: Sequence[str]) -> Vectors:
            raise MemoryError(len(texts))

    waiting = [_receive(store, domain, name, name.encode()) for name in ("a.txt", "b.txt")]
    ingest_one(HashEncoder(), _receive(store, domain, "done.txt", b"done"))
    ingest_one(HashEncoder(), _receive(store, domain, "bad.txt", b""))
    with pytest.raises(MemoryError):
        ingest_one(DyingEncoder(), waiting[1])

    parsed = get_document(store, domain.id, "b.txt")
    assert (parsed.status, parsed.passages) == ("parsed", 0)
    assert get_version(store, domain.id, parsed.id).text == "b.txt"
    assert [document.external_id for document in waiting_documents(store, domain.id)] == ["b.txt", "a.txt"]

    for document in waiting_documents(store, domain.id):
        ingest_one(HashEncoder(), document)
    assert waiting_documents(store, domain.id) == []
    assert get_document(store, domain.id, "b.txt").status == "searchable"


def test_a_version_that_is_no_longer_the_newest_is_dropped(
    store: Store, domain: Domain, ingest_one: IngestOne, counting: CountingEncoder, retriever: Retriever
) -> None:
    old = _receive(store, domain, "a.txt", b"old words")
    new = _receive(store, domain, "a.txt", b"new words")

    ingest_one(counting, new)
    ingest_one(counting, old)

    assert _found(store, retriever, domain, "words") == [("a.txt", 2, "new words")]


def test_a_group_is_embedded_in_one_call_and_committed_once_with_what_fails_left_out(
    store: Store, domain: Domain, settings: RetrieverSettings, reading: Reading, retriever: Retriever
) -> None:
    class CallsEncoder(HashEncoder):
        calls: ClassVar[list[list[str]]] = []

        def encode_passages(self, texts: Sequence[str]) -> Vectors:
            self.calls.append(sorted(texts))
            assert {get_document(store, domain.id, name).passages for name in ("a.txt", "b.txt", "d.txt")} == {0}
            return super().encode_passages(texts)

    texts = {"a.txt": b"apple", "b.txt": b"shared", "bad.txt": b" ", "c.txt": b"gone", "d.txt": b"shared"}
    received = [_receive(store, domain, name, data) for name, data in texts.items()]
    delete_document(store, domain.id, received[3].id)

    done = ingest_documents(store, reading, CallsEncoder(), settings, received)

    assert CallsEncoder.calls == [["apple", "shared"]]
    states = [(document.external_id, document.status, document.passages) for document in done]
    searchable = [("a.txt", "searchable", 1), ("b.txt", "searchable", 1), ("d.txt", "searchable", 1)]
    assert states == [*searchable[:2], ("bad.txt", "failed", 0), searchable[2]]
    assert _found(store, retriever, domain, "apple") == [("a.txt", 1, "apple")]
    assert verify_store(store) == []


@given(sizes=st.lists(st.integers(0, 300_000), max_size=600))
def test_groups_keep_the_order_and_are_bounded_unless_one_document_is_larger(sizes: list[int]) -> None:
    about: dict[str, Any] = dict.fromkeys(Document.__dataclass_fields__, "")
    documents = [Document(**(about | {"bytes": size})) for size in sizes]

    made = list(groups(documents))

    assert [document for group in made for document in group] == documents
    for group in made:
        assert len(group) == 1 or (len(group) <= 256 and sum(document.bytes for document in group) <= 256_000)
    for before, after in pairwise(made):
        assert len(before) == 256 or sum(document.bytes for document in [*before, after[0]]) > 256_000


def test_the_job_ingests_all_that_waits_and_counts_what_failed(
    store: Store, domain: Domain, retriever_settings: RetrieverSettings, minilm: Encoder
) -> None:
    names = [("a.txt", b"Employees have 25 days of leave."), ("b.txt", b""), ("c.txt", b"The office opens at nine.")]
    documents = [_receive(store, domain, name, data) for name, data in names]
    create_job(store, "ingest", domain.id, {})
    claimed = claim_job(store)
    assert claimed is not None

    result = run_ingest(retriever_settings, store, Progress(store, *claimed))

    assert result == {"documents": 3, "failed": 1, "quarantined": 0}
    states = [get_document(store, domain.id, document.id).status for document in documents]
    assert states == ["searchable", "failed", "searchable"]
    passage_set = retriever_settings.chunker.passage_set
    assert verify_index(store, View(domain.id, passage_set, minilm.space_id, minilm.dimension)) == []
