"""What the tests of retrieval share: documents that are searchable without loader and chunker, and searches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fakes import HashEncoder, vectors_of
from searching import Search, changed, usual_plan
from watching import WatchingEncoder

from retriever.documents import ingest, ingest_job
from retriever.documents.reading import Reading
from retriever.index.domain_index import View
from retriever.models.encoders import Encoders
from retriever.models.reranker import Reranker
from retriever.search.retrieval_part import SearchPlan
from retriever.search.search import Request, Result, Retriever
from retriever.settings import RetrieverSettings
from store.documents import Cut, Document, get_document, make_all_searchable
from store.domains import Domain
from store.passages import NewPassage
from store.receiving import receive
from store.store import Store


@pytest.fixture
def settings() -> RetrieverSettings:
    """The default settings."""
    return RetrieverSettings()


@pytest.fixture(scope="session")
def reading() -> Iterator[Reading]:
    """The processes that read documents, the same for all tests."""
    opened = Reading()
    yield opened
    opened.close()


@pytest.fixture
def watching(monkeypatch: pytest.MonkeyPatch) -> WatchingEncoder:
    """The encoder that the job `ingest` gets."""
    encoder = WatchingEncoder()
    monkeypatch.setattr(ingest_job, "load_encoder", lambda _: encoder)
    return encoder


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every document a group of its own."""
    monkeypatch.setattr(ingest, "_GROUP_DOCUMENTS", 1)


@pytest.fixture
def view(domain: Domain, settings: RetrieverSettings) -> View:
    """The view of `domain` that fits its release."""
    return View(domain.id, settings.chunker.passage_set, HashEncoder.space_id, HashEncoder.dimension)


@pytest.fixture
def add(store: Store, domain: Domain, settings: RetrieverSettings) -> Callable[..., Document]:
    """Make a document searchable: each line of its text is a passage."""

    def add_document(
        external_id: str, text: str, metadata: dict[str, Any] | None = None, domain_id: str | None = None
    ) -> Document:
        encoder = HashEncoder()
        lines = text.splitlines()
        starts = [sum(len(line) + 1 for line in lines[:number]) for number in range(len(lines))]
        passages = [
            NewPassage(start, start + len(line), "", line) for start, line in zip(starts, lines, strict=True) if line
        ]
        document, _ = receive(
            store,
            domain_id or domain.id,
            external_id,
            text.encode(),
            title=external_id,
            media_type="text/plain",
            metadata=metadata,
        )
        missing = make_all_searchable(
            store,
            [Cut(document, text, passages)],
            settings.chunker.passage_set,
            vectors_of(encoder, passages),
            encoder.space_id,
        )
        assert missing == set()
        return get_document(store, document.domain_id, document.id)

    return add_document


@pytest.fixture
def retriever(store: Store, settings: RetrieverSettings) -> Iterator[Retriever]:
    """A retriever with the encoder that needs no model, and without a reranker."""
    opened = Retriever(store, settings, Encoders(HashEncoder()))
    yield opened
    opened.close(checkpoint=False)


@pytest.fixture
def plan() -> SearchPlan:
    """How the release of `domain` wants it searched."""
    return usual_plan()


@pytest.fixture
def find(retriever: Retriever, domain: Domain, plan: SearchPlan) -> Search:
    """Search the domain as it is now."""

    def search_now(query: str, **options: Any) -> Result:
        retriever.index(domain.id).follow()
        return retriever.search(domain.id, plan, Request(query, **options))

    return search_now


@pytest.fixture
def searched(store: Store, settings: RetrieverSettings, domain: Domain) -> Search:
    """Search under a plan, with an encoder and a reranker of choice."""

    def search_with(
        plan: SearchPlan,
        query: str,
        encoder: HashEncoder | None = None,
        reranker: Reranker | None = None,
        **options: Any,
    ) -> Result:
        opened = Retriever(store, settings, Encoders(encoder or HashEncoder()), reranker)
        try:
            return opened.search(domain.id, plan, Request(query, **options))
        finally:
            opened.close(checkpoint=False)

    return search_with


@pytest.fixture
def convex(plan: SearchPlan) -> SearchPlan:
    """A release with a fixed weight of its own, that reranks two hits."""
    return changed(plan, dense_weight=0.6, spread_gain=0.0, rerank=2)
