"""How much of a domain the encoder reads, and what follows for its search."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fakes import HashEncoder

from retriever.ingest import ingest_documents
from retriever.legibility import Legibility, advice
from retriever.search import Request, Retriever
from retriever.settings import RetrieverSettings
from store.documents import delete_document, receive
from store.domains import Domain
from store.passages import measured_texts
from store.releases import active_release
from store.store import Store


class HalfBlindEncoder(HashEncoder):
    """Cannot read what is written in capitals."""

    def unknown_share(self, text: str) -> float:
        return sum(word.isupper() for word in text.split()) / max(1, len(text.split()))


@pytest.fixture
def add(store: Store, domain: Domain) -> Callable[[str, str], str]:
    def ingest(name: str, text: str) -> str:
        document, _ = receive(store, domain.id, name, text.encode(), title=name, media_type="text/plain")
        ingest_documents(store, HalfBlindEncoder(), RetrieverSettings(), [document])
        return document.id

    return ingest


def test_each_text_is_measured_at_ingest_and_forgotten_with_it(
    store: Store, domain: Domain, add: Callable[[str, str], str]
) -> None:
    assert measured_texts(store, domain.id, "spc_hash") == (0, 0.0)
    add("a.txt", "one two THREE FOUR")
    gone = add("b.txt", "all of it is read")

    assert measured_texts(store, domain.id, "spc_hash") == (2, 0.25)
    assert measured_texts(store, domain.id, "spc_other") == (0, 0.0)

    delete_document(store, domain.id, gone)
    assert measured_texts(store, domain.id, "spc_hash") == (1, 0.5)


def test_the_share_is_measured_again_once_a_tenth_has_changed(
    store: Store, domain: Domain, add: Callable[[str, str], str]
) -> None:
    for number in range(20):
        add(f"{number}.txt", f"text {number} is read")
    legibility = Legibility(store, "spc_hash")

    assert legibility.unknown_share(domain.id, 20) == 0.0
    add("loud.txt", "ALL UNKNOWN")
    assert legibility.unknown_share(domain.id, 21) == 0.0
    assert legibility.unknown_share(domain.id, 23) == pytest.approx(1 / 21)


def test_a_domain_that_cannot_be_read_is_searched_by_words_whatever_the_question(
    store: Store, domain: Domain, add: Callable[[str, str], str]
) -> None:
    add("a.txt", "THE FARE IS TWELVE")
    add("b.txt", "THE OFFICE OPENS AT NINE")
    retriever = Retriever(store, RetrieverSettings(), HalfBlindEncoder())

    found = retriever.search(domain.id, active_release(store, domain.id).manifest, Request("what is the fare"))

    assert found.stages["weights"] == {"dense": 0.0, "lexical": 1.0}
    assert found.stages["unknown_share"] == 1.0
    assert found.hits[0].passage.external_id == "a.txt"
    assert found.hits[0].cosine is None
    retriever.close(checkpoint=False)


@pytest.mark.parametrize(
    ("share", "words"), [(0.0, "count in full"), (0.1, "falls from 0.60 to 0.30"), (0.5, "by words alone")]
)
def test_the_advice_says_what_the_share_does(share: float, words: str) -> None:
    assert words in advice(share, 0.6)
