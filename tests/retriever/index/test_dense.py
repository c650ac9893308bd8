"""The dense index: snapshots that never change, and no hit that is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retriever.index import dense, segments
from retriever.index.dense import DenseSnapshot
from retriever.models.encoder import Vectors
from store.errors import ComputationError


def _vectors(*rows: list[float]) -> Vectors:
    matrix = np.array(rows, dtype=np.float32)
    unit: Vectors = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    return unit


def _clustered(count: int, dimension: int = 24, seed: int = 0) -> Vectors:
    """Return unit vectors around 40 centres, as float16 has them."""
    chance = np.random.default_rng(seed)
    centres = chance.standard_normal((40, dimension))
    rows = centres[chance.integers(0, 40, count)] + 0.7 * chance.standard_normal((count, dimension))
    unit: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16).astype(np.float32)
    return unit


def _keys(hits: list[tuple[int, float]]) -> list[int]:
    return [key for key, _ in hits]


def _exact(rows: Vectors, query: Vectors, limit: int, allowed: set[int]) -> list[int]:
    """Return the right answer, where row i has the id i."""
    scores = rows.astype(np.float64) @ query.astype(np.float64)
    return sorted(allowed, key=lambda key: (-scores[key], key))[:limit]


@pytest.fixture
def lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a thousand vectors be many, so that inverted lists are used and not all of them scanned."""
    few_are_many(monkeypatch)


def few_are_many(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(dense, "EXACT_ROWS", 1000)
    patch.setattr(dense, "_STALE_ROWS", 100)
    patch.setattr(segments, "_ENOUGH", 600)


EAST, NORTH, BETWEEN = _vectors([1, 0], [0, 1], [1, 1])


@pytest.fixture
def snapshot() -> DenseSnapshot:
    return DenseSnapshot(2).changed([], [7, 3, 12], np.stack([EAST, NORTH, BETWEEN]))


def test_hits_come_best_first_with_their_cosine(snapshot: DenseSnapshot) -> None:
    hits = snapshot.search(EAST, 10)

    assert [key for key, _ in hits] == [7, 12, 3]
    assert [score for _, score in hits] == pytest.approx([1.0, 0.5**0.5, 0.0], abs=1e-3)  # float16


def test_the_limit_cuts_the_worst_hits(snapshot: DenseSnapshot) -> None:
    assert [key for key, _ in snapshot.search(EAST, 1)] == [7]


def test_fewer_vectors_than_the_limit_give_no_filler_hits(snapshot: DenseSnapshot) -> None:
    assert len(snapshot.search(EAST, 50)) == 3
    assert [key for key, _ in snapshot.search(EAST, 50, {3})] == [3]


def test_an_empty_index_has_no_hits() -> None:
    empty = DenseSnapshot(2)

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
    many = DenseSnapshot(16).changed([], range(2000), rows)
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
    snapshot = DenseSnapshot(2).changed([], [1], rows)

    rows[:] = 0

    assert snapshot.search(EAST, 1)[0][1] == pytest.approx(1.0)


def test_an_id_that_comes_again_gets_the_new_vector(snapshot: DenseSnapshot) -> None:
    after = snapshot.changed([], [3], EAST.reshape(1, -1))

    assert after.ids() == {3, 7, 12}
    assert after.search(EAST, 2) == [(3, 1.0), (7, 1.0)]


def test_an_id_may_not_be_added_twice_at_once(snapshot: DenseSnapshot) -> None:
    with pytest.raises(ValueError, match="twice"):
        snapshot.changed([], [5, 5], np.stack([EAST, NORTH]))


def test_equal_scores_are_ordered_by_id_even_where_the_limit_cuts() -> None:
    snapshot = DenseSnapshot(2)
    for key in (9, 4, 30, 12, 1, 25):
        snapshot = snapshot.changed([], [key], EAST.reshape(1, -1))

    for limit in range(1, 8):
        assert _keys(snapshot.search(EAST, limit)) == [1, 4, 9, 12, 25, 30][:limit]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_query_that_is_not_finite_is_an_error(snapshot: DenseSnapshot, bad: float) -> None:
    with pytest.raises(ComputationError, match="1 of 2 numbers that are not finite"):
        snapshot.search(np.array([bad, 0], np.float32), 5)


def test_no_hits_were_asked_for(snapshot: DenseSnapshot) -> None:
    assert snapshot.search(EAST, 0) == []


def test_scores_are_those_of_the_float16_values_in_float32() -> None:
    rows = _clustered(3000, 64)
    snapshot = DenseSnapshot(64).changed([], range(3000), rows)
    query = _vectors([*np.random.default_rng(1).standard_normal(64)])[0]

    hits = snapshot.search(query, 200)

    assert _keys(hits) == _exact(rows, query, 200, set(range(3000)))
    assert [score for _, score in hits] == pytest.approx((rows @ query)[_keys(hits)].tolist(), abs=1e-6)


def test_segments_stay_few_however_the_vectors_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense, "_SMALL_ROWS", 4)
    rows = _clustered(300)
    snapshot = DenseSnapshot(24)
    for key in range(300):
        snapshot = snapshot.changed([key - 40] if key % 3 == 0 else [], [key], rows[key : key + 1])
        assert len(snapshot.segments) <= 8

    left = set(range(300)) - {key - 40 for key in range(0, 300, 3)}
    assert snapshot.ids() == snapshot.present(set(range(-50, 400))) == left
    assert _keys(snapshot.search(rows[7], 20)) == _exact(rows, rows[7], 20, left)


def test_many_vectors_are_compacted_into_inverted_lists_and_few_are_not(lists: None) -> None:
    rows = _clustered(3000)
    many = DenseSnapshot(24).changed([], range(3000), rows)
    assert many.overgrown

    compact = many.compacted()

    assert not compact.overgrown
    assert [segment.lists is None for segment in compact.segments] == [False]
    assert (compact.ids(), many.ids()) == (set(range(3000)), set(range(3000)))
    few = compact.changed(range(2500), [], rows[:0])
    assert few.overgrown
    assert [segment.lists is None for segment in few.compacted().segments] == [True]
    assert few.compacted().ids() == set(range(2500, 3000))
    assert DenseSnapshot(24).compacted().ids() == set()


@pytest.fixture(scope="module")
def many() -> tuple[Vectors, DenseSnapshot]:
    """Twenty thousand vectors in inverted lists, every fiftieth of which was removed; a thousand are many here."""
    with pytest.MonkeyPatch.context() as patch:
        few_are_many(patch)
        rows = _clustered(20_000)
        whole = DenseSnapshot(24).changed([], range(20_000), rows).compacted()
        return rows, whole.changed(range(0, 20_000, 50), [], rows[:0])


@pytest.mark.parametrize("share", [0.001, 0.01, 0.1, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("related", [False, True])
@pytest.mark.parametrize("count", [8, pytest.param(40, marks=pytest.mark.nightly)])
def test_inverted_lists_miss_next_to_nothing_at_any_selectivity(
    lists: None, many: tuple[Vectors, DenseSnapshot], count: int, share: float, related: bool
) -> None:
    rows, compact = many
    chance = np.random.default_rng(2)
    queries = _clustered(count, seed=0)  # its centres are those of the rows
    found = 0
    for query in queries:
        far = np.argsort(rows @ query)  # related: only what is least like the query is allowed
        picked = far[: int(share * 20_000)] if related else chance.permutation(20_000)[: int(share * 20_000)]
        allowed = set(picked.tolist()) - set(range(0, 20_000, 50))
        hits = _keys(compact.search(query, 10, None if share == 1 else allowed))
        assert len(hits) == len(set(hits)) == min(10, len(allowed))
        assert set(hits) <= allowed
        found += len(set(hits) & set(_exact(rows, query, 10, allowed)))

    assert found >= (0.99 if share == 1 else 1) * count * min(10, len(allowed))


def test_inverted_lists_fill_every_slot_while_there_are_matches(lists: None) -> None:
    rows = _clustered(3000)
    compact = DenseSnapshot(24).changed([], range(3000), rows).compacted()

    assert len(compact.search(rows[0], 2900)) == 2900
    assert len(compact.search(rows[0], 5000)) == 3000
    assert len(compact.search(rows[0], 100, set(range(60, 3000, 40)))) == 74


def test_one_content_gives_one_order_whatever_its_history(lists: None) -> None:
    rows = np.repeat(_clustered(60), 50, axis=0)  # each vector fifty times
    at_once = DenseSnapshot(24).changed([], range(3000), rows)
    mixed = np.random.default_rng(0).permutation(3000)
    later = DenseSnapshot(24).changed([], mixed[:2000].tolist(), rows[mixed[:2000]]).compacted()
    later = later.changed([], mixed[2000:].tolist(), rows[mixed[2000:]])

    expected = at_once.search(rows[0], 70)

    assert expected == at_once.compacted().search(rows[0], 70) == later.search(rows[0], 70)
    assert _keys(expected[:50]) == list(range(50))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sets(st.integers(0, 59)), st.sets(st.integers(0, 59)), st.booleans()), max_size=12))
def test_any_history_leaves_what_a_dictionary_would_hold(history: list[tuple[set[int], set[int], bool]]) -> None:
    rows = _clustered(60)
    snapshot, held = DenseSnapshot(24), set[int]()
    for removed, added, compact in history:
        snapshot = snapshot.changed(removed, sorted(added, reverse=True), rows[sorted(added, reverse=True)])
        snapshot = snapshot.compacted() if compact else snapshot
        held = (held - removed) | added

    assert snapshot.ids() == held
    assert _keys(snapshot.search(rows[3], 60)) == _exact(rows, rows[3], 60, held)


def test_what_was_written_is_read_and_what_never_changes_is_written_once(lists: None, tmp_path: Path) -> None:
    rows = _clustered(1600)
    before = DenseSnapshot(24).changed([], range(1500), rows[:1500]).compacted()
    after = before.changed([3, 5], range(1500, 1600), rows[1500:])
    shelf, other, first, second = (tmp_path / name for name in ("shelf", "other", "first", "second"))
    for folder in (shelf, other, first, second):
        folder.mkdir()

    before.write(first, shelf)
    after.write(second, shelf)
    loaded = DenseSnapshot.read(second, other, 24)

    big = next(first.glob("*.faiss"))
    assert (second / big.name).samefile(big)
    assert (other / big.name).samefile(big)
    assert loaded.ids() == after.ids()
    assert loaded.search(rows[3], 50) == after.search(rows[3], 50)
    assert loaded.changed([7], [3], rows[3:4]).ids() == after.ids() - {7} | {3}
    after.compacted().write(first / "..", shelf)
    assert len(list(shelf.iterdir())) == 2


def test_an_empty_snapshot_is_written_and_read(tmp_path: Path) -> None:
    (tmp_path / "shelf").mkdir()
    (tmp_path / "folder").mkdir()

    DenseSnapshot(24).write(tmp_path / "folder", tmp_path / "shelf")

    assert DenseSnapshot.read(tmp_path / "folder", tmp_path / "shelf", 24).ids() == set()
