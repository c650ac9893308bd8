"""The dense index: snapshots that never change, and no hit that is none."""

from __future__ import annotations

import numpy as np
import pytest

from retriever.dense import DenseSnapshot
from retriever.encoder import Vectors


def _vectors(*rows: list[float]) -> Vectors:
    matrix = np.array(rows, dtype=np.float32)
    unit: Vectors = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    return unit


EAST, NORTH, BETWEEN = _vectors([1, 0], [0, 1], [1, 1])


@pytest.fixture
def snapshot() -> DenseSnapshot:
    return DenseSnapshot.empty(2).changed([], [7, 3, 12], np.stack([EAST, NORTH, BETWEEN]))


def test_hits_come_best_first_with_their_cosine(snapshot: DenseSnapshot) -> None:
    hits = snapshot.search(EAST, 10)

    assert [key for key, _ in hits] == [7, 12, 3]
    assert [score for _, score in hits] == pytest.approx([1.0, 0.5**0.5, 0.0], abs=1e-6)


def test_the_limit_cuts_the_worst_hits(snapshot: DenseSnapshot) -> None:
    assert [key for key, _ in snapshot.search(EAST, 1)] == [7]


def test_fewer_vectors_than_the_limit_give_no_filler_hits(snapshot: DenseSnapshot) -> None:
    assert len(snapshot.search(EAST, 50)) == 3
    assert [key for key, _ in snapshot.search(EAST, 50, {3})] == [3]


def test_an_empty_index_has_no_hits() -> None:
    empty = DenseSnapshot.empty(2)

    assert empty.search(EAST, 5) == []
    assert empty.search(EAST, 5, {1}) == []
    assert empty.ids() == set()


def test_only_allowed_ids_are_found(snapshot: DenseSnapshot) -> None:
    assert [key for key, _ in snapshot.search(EAST, 10, {3, 12, 99})] == [12, 3]
    assert snapshot.search(EAST, 10, set()) == []


def test_few_allowed_ids_among_many_are_all_found() -> None:
    chance = np.random.default_rng(0)
    rows = chance.standard_normal((2000, 16)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    many = DenseSnapshot.empty(16).changed([], range(2000), rows)
    allowed = set(range(0, 2000, 100))

    hits = many.search(rows[5], 50, allowed)

    assert {key for key, _ in hits} == allowed
    expected = sorted(allowed, key=lambda key: -float(rows[key] @ rows[5]))
    assert [key for key, _ in hits] == expected


def test_a_change_leaves_the_snapshot_before_it_as_it_was(snapshot: DenseSnapshot) -> None:
    before = snapshot.search(BETWEEN, 10)

    after = snapshot.changed([7, 12], [20], EAST.reshape(1, -1))

    assert snapshot.search(BETWEEN, 10) == before
    assert (snapshot.ids(), after.ids()) == ({3, 7, 12}, {3, 20})
    assert [key for key, _ in after.search(EAST, 10)] == [20, 3]


def test_removing_an_unknown_id_changes_nothing(snapshot: DenseSnapshot) -> None:
    assert snapshot.changed([99], [], np.empty((0, 2), np.float32)).ids() == snapshot.ids()


def test_the_vectors_given_may_be_overwritten_afterwards() -> None:
    rows = EAST.reshape(1, -1).copy()
    snapshot = DenseSnapshot.empty(2).changed([], [1], rows)

    rows[:] = 0

    assert snapshot.search(EAST, 1)[0][1] == pytest.approx(1.0)


def test_bytes_give_the_same_snapshot_again(snapshot: DenseSnapshot) -> None:
    loaded = DenseSnapshot.from_bytes(snapshot.to_bytes())

    assert loaded.ids() == snapshot.ids()
    assert loaded.search(BETWEEN, 10) == snapshot.search(BETWEEN, 10)
    assert loaded.changed([7], [8], EAST.reshape(1, -1)).ids() == {3, 8, 12}
    assert DenseSnapshot.from_bytes(DenseSnapshot.empty(2).to_bytes()).ids() == set()
