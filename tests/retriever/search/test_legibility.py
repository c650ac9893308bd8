"""Legibility: what share of a domain its encoder cannot read, measured at ingest and asked at each search."""

from __future__ import annotations

import re

import numpy as np
import pytest
from fakes import HashEncoder, vectors_of
from writing import PASSAGE_SET, line_passages, take

from retriever.search.fusion import UNREADABLE
from retriever.search.legibility import Legibility, advice
from store.document_rows import Cut
from store.documents import delete_document, make_all_searchable
from store.domains import Domain, create_domain
from store.passages import last_seq, measured_texts
from store.store import Store


def _put(store: Store, domain: Domain, name: str, unknown: dict[str, float], space_id: str = "spc_hash") -> str:
    """Make a document of these lines searchable, with what the encoder could not read of each; return its id."""
    text = "\n".join(unknown)
    passages = line_passages(text)
    document = take(store, domain.id, name, text)
    vectors = vectors_of(HashEncoder(), passages)
    cut = Cut(document, text, passages)
    missing = make_all_searchable(store, [cut], PASSAGE_SET, vectors, space_id, unknown)
    assert missing == set()
    return document.id


def _share(store: Store, domain: Domain, legibility: Legibility) -> float:
    return legibility.unknown_share(domain.id, HashEncoder.space_id, last_seq(store, domain.id))


def test_the_share_is_the_mean_over_the_texts(store: Store, domain: Domain) -> None:
    _put(store, domain, "a", {"one": 0.0, "two": 0.5, "three": 1.0, "four": 0.5})

    assert measured_texts(store, domain.id, HashEncoder.space_id) == (4, 0.5)
    assert _share(store, domain, Legibility(store)) == 0.5


def test_a_text_of_several_documents_counts_once(store: Store, domain: Domain) -> None:
    _put(store, domain, "a", {"same": 1.0, "own": 0.0})
    _put(store, domain, "b", {"same": 1.0})

    assert measured_texts(store, domain.id, HashEncoder.space_id) == (2, 0.5)


def test_other_domains_and_other_spaces_do_not_count(store: Store, domain: Domain) -> None:
    other = create_domain(store, "other", {"adapter": None})
    _put(store, domain, "a", {"one": 0.25})
    _put(store, other, "b", {"two": 1.0})
    _put(store, domain, "c", {"three": 1.0}, "spc_other")

    assert measured_texts(store, domain.id, HashEncoder.space_id) == (1, 0.25)
    assert measured_texts(store, domain.id, "spc_other") == (1, 1.0)


def test_an_empty_domain_is_legible(store: Store, domain: Domain) -> None:
    assert measured_texts(store, domain.id, HashEncoder.space_id) == (0, 0.0)
    assert _share(store, domain, Legibility(store)) == 0.0


def test_what_is_deleted_no_longer_counts(store: Store, domain: Domain) -> None:
    _put(store, domain, "a", {"one": 0.0})
    gone = _put(store, domain, "b", {"two": 1.0})

    delete_document(store, domain.id, gone)

    assert measured_texts(store, domain.id, HashEncoder.space_id) == (1, 0.0)


def test_a_domain_is_measured_again_once_a_tenth_of_it_may_have_changed(store: Store, domain: Domain) -> None:
    legibility = Legibility(store)
    _put(store, domain, "a", {f"line {number}": 0.0 for number in range(40)})
    assert _share(store, domain, legibility) == 0.0

    _put(store, domain, "b", {f"unread {number}": 1.0 for number in range(4)})
    assert _share(store, domain, legibility) == 0.0  # four of forty: not worth a look

    _put(store, domain, "c", {"unread 4": 1.0})
    assert _share(store, domain, legibility) == pytest.approx(5 / 45)


def test_the_first_document_of_a_domain_is_seen_at_once(store: Store, domain: Domain) -> None:
    legibility = Legibility(store)
    assert _share(store, domain, legibility) == 0.0

    _put(store, domain, "a", {"one": 1.0})

    assert _share(store, domain, legibility) == 1.0


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, "count in full"),
        (0.004, "count in full"),
        (UNREADABLE / 2, "cannot read 10% .* from 0.60 to 0.30"),
        (UNREADABLE, "by words alone"),
        (1.0, "cannot read 100% .* by words alone"),
    ],
)
def test_the_advice_says_what_the_search_does(share: float, words: str) -> None:
    assert re.search(words, advice(share, 0.6))


def test_the_advice_against_an_encoder_names_the_setting() -> None:
    assert all("retriever.encoder" in advice(share, 0.6) for share in np.linspace(UNREADABLE, 1.0, 5))
