"""Following when one index cannot be brought up to date: the others are, and it is told which is behind."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from retriever.search.search import Retriever
from store.documents import Document
from store.domains import Domain, create_domain
from store.errors import StorageFullError
from store.store import Store


@pytest.mark.parametrize(
    "trouble", [RuntimeError("Error in faiss::Index"), MemoryError(), StorageFullError("The disk is full.")]
)
def test_an_index_that_fails_stops_no_other_and_is_behind_until_it_recovers(
    store: Store,
    domain: Domain,
    retriever: Retriever,
    add: Callable[..., Document],
    monkeypatch: pytest.MonkeyPatch,
    trouble: Exception,
) -> None:
    other = create_domain(store, "other", {"adapter": None})
    broken, sound = retriever.index(domain.id), retriever.index(other.id)
    add("a", "The anchor is heavy.")
    add("b", "The buoy is red.", domain_id=other.id)

    def fail() -> None:
        raise trouble

    told: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(broken, "follow", fail)
        patch.setattr(logging.getLogger("tandem"), "exception", lambda message, *_: told.append(message))
        behind = [retriever.follow() for _ in range(3)]

    assert behind == [{domain.id: type(trouble).__name__}] * 3
    assert len(told) == 1, "once, not at each look"
    assert sound.snapshot.seq > 0
    assert retriever.follow() == {}
    assert broken.snapshot.seq > 0
