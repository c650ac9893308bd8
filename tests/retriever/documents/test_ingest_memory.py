"""What a large document takes of memory while it is made searchable, and that it is given back."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Sequence

import pytest
from fakes import HashEncoder

from retriever.documents.blocks import ReadDocument
from retriever.documents.chunking import chunk
from retriever.documents.ingest import ingest_documents
from retriever.documents.reading import Reading
from retriever.settings import RetrieverSettings
from store.documents import get_version
from store.domains import Domain
from store.receiving import receive
from store.store import Store

_SENTENCES = "".join(f"The ferry number {number} leaves the old pier at noon and carries {number} guests.\n\n"
                     for number in range(6_000))  # fmt: skip


class _Encoder(HashEncoder):
    """Remembers the largest number of texts that it had to hold at once."""

    def __init__(self) -> None:
        self.most = 0

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        self.most = max(self.most, len(texts))
        return super().count_tokens(texts)

    def encode_passages(self, texts: Sequence[str]) -> object:  # type: ignore[override]
        self.most = max(self.most, len(texts))
        import numpy as np

        return np.full((len(texts), self.dimension), 0.1, dtype=np.float32)


@pytest.mark.parametrize("text", [_SENTENCES[:400_000], "alpha beta gamma delta " * 17_400], ids=["lines", "one line"])
def test_a_large_document_takes_a_few_times_its_text(store: Store, domain: Domain, reading: Reading, text: str) -> None:
    encoder = _Encoder()
    document, _ = receive(store, domain.id, "a.txt", text.encode(), title=None, media_type="text/plain")
    first, _ = receive(
        store, domain.id, "b.txt", b"What is loaded once is no cost of a document.", title=None, media_type="text/plain"
    )
    ingest_documents(store, reading, encoder, RetrieverSettings(), [first])
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]

    (done,) = ingest_documents(store, reading, encoder, RetrieverSettings(), [document])
    gc.collect()
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert done.status == "searchable"
    assert done.passages > 200
    assert encoder.most <= 256
    assert peak - before < 8 * len(text)
    assert after - before < len(text)
    assert get_version(store, domain.id, document.id).text == text


def test_passages_that_are_cut_again_keep_their_order_and_cover_the_text() -> None:
    """A token is a word here, and no passage may have more than 5: each is cut again, several times."""

    class Narrow(HashEncoder):
        max_tokens = 7

    text = "\n".join(" ".join(f"w{number}" for number in range(line, line + 40)) for line in range(0, 3000, 40))

    passages = chunk(ReadDocument(text), encoder=Narrow(), settings=RetrieverSettings().chunker)

    assert " ".join(passage.text for passage in passages).split() == text.split()
    assert all(text[passage.start : passage.end] == passage.text for passage in passages)
    assert max(len(passage.text.split()) for passage in passages) <= 5
