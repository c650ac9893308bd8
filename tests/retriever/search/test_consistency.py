"""Clients that write, delete and read at once: nobody reads what is older than what was acknowledged before."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from histories import Read, Write, anomalies

from retriever.search.retrieval_part import SearchPlan
from retriever.search.search import Request, Retriever
from store.documents import Document, delete_document, get_document
from store.domains import Domain
from store.errors import NotFoundError
from store.passages import last_seq
from store.store import Store
from store.verify import verify_store

NAMES = ("apple", "bridge", "candle", "dragon", "engine", "forest", "garden", "hammer")  # a writer each
AddDocument = Callable[..., Document]


class Clients:
    """Eight clients of one domain, each the writer of a document and a reader of all."""

    def __init__(self, store: Store, retriever: Retriever, domain: Domain, plan: SearchPlan, add: AddDocument) -> None:
        self.store, self.retriever, self.domain, self.plan, self.add = store, retriever, domain, plan, add
        self.writes: list[Write] = []
        self.reads: list[Read] = []
        self.clock = itertools.count(1)

    def work(self, name: str, operations: int) -> None:
        chance = random.Random(name)
        state, there = 0, False
        for _ in range(operations):
            what = chance.random()
            begun = next(self.clock)
            if what < 0.25 or (what < 0.35 and there):
                state, there = state + 1, what < 0.25
                self._write(name, state, shown=there)
                self.writes.append(Write(name, state, begun, next(self.clock), there))
            else:
                by, other = ("search" if what < 0.8 else "get"), chance.choice(NAMES)
                states = self.search(other) if by == "search" else self._get(other)
                self.reads.append(Read(other, by, states, begun, next(self.clock)))

    def _write(self, name: str, state: int, *, shown: bool) -> None:
        if shown:
            self.add(name, f"{name} {state}", {"state": state})
        else:
            delete_document(self.store, self.domain.id, get_document(self.store, self.domain.id, name).id)

    def search(self, name: str) -> tuple[int, ...]:
        request = Request(name, top_k=100, mode="lexical", min_seq=last_seq(self.store, self.domain.id))
        hits = self.retriever.search(self.domain.id, self.plan, request).hits
        words = [hit.passage.text.split() for hit in hits]
        return tuple(int(state) for found, state in words if found == name)

    def _get(self, name: str) -> tuple[int, ...]:
        try:
            return (int(str(get_document(self.store, self.domain.id, name).metadata["state"])),)
        except NotFoundError:
            return ()


@pytest.fixture
def clients(store: Store, retriever: Retriever, domain: Domain, plan: SearchPlan, add: AddDocument) -> Clients:
    return Clients(store, retriever, domain, plan, add)


def run(clients: Clients, operations: int) -> None:
    with ThreadPoolExecutor(len(NAMES)) as threads:
        for done in [threads.submit(clients.work, name, operations // len(NAMES)) for name in NAMES]:
            done.result()


@pytest.mark.parametrize("operations", [160, pytest.param(10_000, marks=pytest.mark.nightly)])
def test_reads_are_never_older_than_what_was_acknowledged(clients: Clients, operations: int) -> None:
    run(clients, operations)

    assert len(clients.writes) + len(clients.reads) == operations
    assert anomalies(clients.writes, clients.reads) == []
    assert verify_store(clients.store) == []


def test_reads_that_lag_behind_are_noticed(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    late: dict[str, tuple[int, ...]] = {}
    now = clients.search

    def search_late(name: str) -> tuple[int, ...]:
        before, late[name] = late.get(name, ()), now(name)
        return before

    monkeypatch.setattr(clients, "search", search_late)
    run(clients, 160)

    assert anomalies(clients.writes, clients.reads) != []


WRITES = [Write("a", 1, 1, 3), Write("a", 2, 5, 7, shown=False), Write("a", 3, 11, 20)]


@pytest.mark.parametrize(
    ("reads", "count"),
    [
        ([Read("a", "get", (1,), 4, 4)], 0),
        ([Read("a", "get", (), 4, 4)], 1),
        ([Read("a", "get", (), 2, 4), Read("b", "get", (), 1, 2)], 0),
        ([Read("a", "get", (1,), 6, 8), Read("a", "get", (), 6, 8)], 0),
        ([Read("a", "get", (1,), 8, 9)], 1),
        ([Read("a", "get", (3,), 8, 9)], 1),
        ([Read("a", "get", (1, 3), 12, 13)], 1),
        ([Read("a", "get", (3,), 12, 13), Read("a", "get", (), 14, 15)], 1),
        ([Read("a", "get", (3,), 12, 15), Read("a", "get", (), 14, 16)], 0),
        ([Read("a", "get", (3,), 12, 13), Read("a", "search", (), 14, 15)], 0),
    ],
)
def test_a_history_is_judged_by_what_was_acknowledged_and_seen_before(reads: list[Read], count: int) -> None:
    assert len(anomalies(WRITES, reads)) == count
