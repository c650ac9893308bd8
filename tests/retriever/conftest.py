"""What the tests of retrieval share: documents that are searchable at once, without loader and chunker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fakes import HashEncoder, vectors_of

from retriever.index import View
from retriever.settings import RetrieverSettings
from store.documents import Document, get_document, make_searchable
from store.domains import Domain
from store.passages import NewPassage
from store.receiving import receive
from store.store import Store


@pytest.fixture
def settings() -> RetrieverSettings:
    """The default settings."""
    return RetrieverSettings()


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
        missing = make_searchable(
            store,
            document,
            text,
            passages,
            settings.chunker.passage_set,
            vectors_of(encoder, passages),
            encoder.space_id,
        )
        assert missing == set()
        return get_document(store, document.domain_id, document.id)

    return add_document
