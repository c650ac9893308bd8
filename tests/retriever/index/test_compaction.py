"""Compaction of the dense index beside readers and writers."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator

import faiss
import numpy as np
import pytest

from retriever.index import dense, segments
from retriever.index.compaction import Change, Compactor
from retriever.index.dense import DenseSnapshot
from retriever.models.encoder import Vectors

_DIMENSION = 16


def _vectors(count: int, seed: int = 0) -> Vectors:
    rows = np.random.default_rng(seed).standard_normal((count, _DIMENSION)).astype(np.float32)
    unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


class _Owner:
    """A snapshot that changes under a lock, as a `DomainIndex` has it."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.snapshot = DenseSnapshot(_DIMENSION)
        self.published = 0
        self.compactor = Compactor(self.turn, self._publish)

    def change(self, removed: set[int], added: list[int], vectors: Vectors) -> None:
        with self.turn:
            self.snapshot = self.snapshot.changed(removed, added, vectors)
            self.compactor.notice(self.snapshot, Change(removed, added, vectors))

    def wait(self) -> None:
        for thread in threading.enumerate():
            if thread.name == "compaction":
                thread.join(20)

    def _publish(self, snapshot: DenseSnapshot) -> None:
        assert self.turn.locked()
        self.snapshot = snapshot
        self.published += 1


@pytest.fixture
def owner(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Owner]:
    monkeypatch.setattr(dense, "EXACT_ROWS", 1000)
    monkeypatch.setattr(dense, "_STALE_ROWS", 200)
    monkeypatch.setattr(segments, "_ENOUGH", 300)
    owner = _Owner()
    yield owner
    owner.compactor.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "compaction"]


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """A compaction waits at its end until this is set."""
    event = threading.Event()
    real = DenseSnapshot.compacted

    def compacted(self: DenseSnapshot, stopped: Callable[[], bool]) -> DenseSnapshot:
        result = real(self, stopped)
        while not event.wait(0.01):
            if stopped():
                raise segments.StoppedError
        return result

    monkeypatch.setattr(DenseSnapshot, "compacted", compacted)
    return event


def test_an_index_that_outgrows_exact_search_is_compacted(owner: _Owner) -> None:
    owner.change(set(), list(range(900)), _vectors(900))
    owner.wait()
    assert owner.published == 0

    owner.change(set(), list(range(900, 1500)), _vectors(600, 1))
    owner.wait()

    assert owner.published == 1
    assert [segment.lists is None for segment in owner.snapshot.segments] == [False]
    assert owner.snapshot.ids() == set(range(1500))


def test_what_changes_during_a_compaction_is_in_what_it_publishes(owner: _Owner, held: threading.Event) -> None:
    owner.change(set(), list(range(1500)), _vectors(1500))
    owner.change({3, 4}, [2000, 2001], _vectors(2, 1))
    owner.change({2000}, [4], _vectors(1, 2))
    expected = owner.snapshot
    assert owner.published == 0

    held.set()
    owner.wait()

    assert owner.published == 1
    assert owner.snapshot.ids() == expected.ids() == set(range(1500)) - {3} | {2001}
    assert owner.snapshot.search(_vectors(1, 2)[0], 1)[0][0] == 4


def test_closing_ends_a_compaction_without_publishing_it(owner: _Owner, held: threading.Event) -> None:
    owner.change(set(), list(range(1500)), _vectors(1500))
    before = owner.snapshot

    owner.compactor.close()

    assert (owner.published, owner.snapshot) == (0, before)
    owner.change(set(), [5000], _vectors(1))
    assert not [thread for thread in threading.enumerate() if thread.name == "compaction"]


def test_a_compaction_that_fails_is_logged_and_loses_nothing(
    owner: _Owner, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(dense, "inverted_segment", fail)
    with caplog.at_level(logging.ERROR, logger="tandem"):
        owner.change(set(), list(range(1500)), _vectors(1500))
        owner.wait()
        owner.change({1}, [5000], _vectors(1))

    assert [record.message for record in caplog.records] == ["the dense index could not be compacted"]
    assert owner.snapshot.ids() == set(range(1500)) - {1} | {5000}
    assert owner.published == 0


def test_readers_see_no_deleted_id_and_no_id_twice_while_all_of_it_changes(owner: _Owner) -> None:
    rows = _vectors(8000)
    owner.change(set(), list(range(1500)), rows[:1500])
    deleted: set[int] = set()
    done = threading.Event()
    failures: list[BaseException] = []
    searches = [0] * 4

    def read(number: int) -> None:
        chance = np.random.default_rng(number)
        try:
            while not done.is_set():
                gone = set(deleted)  # what was deleted before the snapshot is taken
                snapshot = owner.snapshot
                allowed = set(chance.integers(0, 8000, 500).tolist()) if searches[number] % 2 else None
                keys = [key for key, _ in snapshot.search(rows[chance.integers(0, 8000)], 20, allowed)]
                assert len(keys) == len(set(keys))
                assert not gone.intersection(keys)
                assert allowed is None or allowed.issuperset(keys)
                searches[number] += 1
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=read, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 4
    key = 1500
    while time.monotonic() < deadline and key + 20 <= 8000 and not failures:
        gone = set(range(key - 1500, key - 1485))
        owner.change(gone, list(range(key, key + 20)), rows[key : key + 20])
        deleted.update(gone)
        key += 20
    owner.wait()
    done.set()
    for thread in threads:
        thread.join()

    assert failures == []
    assert min(searches) > 10
    assert owner.published >= 1
    assert owner.snapshot.ids() == set(range(key)) - deleted


def test_the_thread_that_compacts_leaves_the_others_their_processors(owner: _Owner) -> None:
    before = faiss.omp_get_max_threads()
    owner.change(set(), list(range(1500)), _vectors(1500))
    owner.wait()

    assert faiss.omp_get_max_threads() == before
