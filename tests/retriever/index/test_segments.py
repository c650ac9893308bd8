"""Segments: what a set of rows and a mask over them have to keep."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retriever.index import segments
from retriever.index.segments import Half, Segment, StoppedError, exact_segment, inverted_segment, members, scanned_rows
from store.errors import DamagedError

_IDS = st.sets(st.integers(0, 50)).map(lambda ids: np.array(sorted(ids), np.int64))


def _vectors(count: int) -> Half:
    rows = np.random.default_rng(0).standard_normal((count, 8))
    unit: Half = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
    return unit


def _never() -> bool:
    return False


@given(_IDS, _IDS)
def test_members_are_found_whichever_side_is_longer(values: segments.Ids, others: segments.Ids) -> None:
    assert members(values, others).tolist() == [value in set(others.tolist()) for value in values.tolist()]


@pytest.mark.parametrize("inverted", [False, True])
def test_a_segment_gives_back_the_vectors_it_was_made_of(inverted: bool) -> None:
    ids, vectors = np.arange(0, 900, 3), _vectors(300)
    segment = inverted_segment(ids, vectors, _never) if inverted else exact_segment(ids, vectors)

    kept, rows = segment.without(np.array([0, 1, 6])).live_rows()

    assert kept.tolist() == [3, *range(9, 900, 3)]
    assert np.array_equal(rows, vectors[[1, *range(3, 300)]])
    assert segment.count == 300


def test_a_segment_that_has_none_of_the_ids_stays_the_same_object() -> None:
    segment = exact_segment(np.array([1, 5]), _vectors(2))

    assert segment.without(np.array([0, 2, 9])) is segment
    assert segment.without(np.array([], np.int64)) is segment


def test_building_stops_when_it_is_told_to() -> None:
    with pytest.raises(StoppedError):
        inverted_segment(np.arange(300), _vectors(300), lambda: True)


def test_the_same_vectors_give_the_same_lists() -> None:
    first, second = (inverted_segment(np.arange(300), _vectors(300), _never) for _ in range(2))

    assert first.lists is not None
    assert second.lists is not None
    assert first.lists.of_row.tolist() == second.lists.of_row.tolist()


def test_few_rows_are_all_scanned() -> None:
    assert scanned_rows(10_000) >= 10_000
    assert 200_000 < scanned_rows(1_000_000) < 400_000


def test_files_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    shelf, folder = tmp_path / "shelf", tmp_path / "folder"
    shelf.mkdir()
    folder.mkdir()
    segment = exact_segment(np.array([1, 5]), _vectors(2))
    segment.write(folder, shelf)
    (folder / f"{segment.name}.live").write_bytes(b"\1")

    with pytest.raises(DamagedError, match="2 vectors, 2 ids and 1 marks"):
        Segment.read(folder / f"{segment.name}.faiss", shelf)


def test_a_segment_that_is_neither_small_nor_large_is_searched_by_8_bit_integers_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(segments, "_ROUNDED_ROWS", range(2000, 3001))
    monkeypatch.setattr(segments.RoundedVectors, "pays", lambda *_: True)  # on this CPU it may or may not
    small, medium, large = (exact_segment(np.arange(count), _vectors(count)) for count in (1999, 3000, 3001))
    shelf, folder, again = tmp_path / "shelf", tmp_path / "folder", tmp_path / "again"
    for each in (shelf, folder, again):
        each.mkdir()
    medium.write(folder, shelf)
    query = _vectors(1).astype(np.float32)

    assert (small.rounded, large.rounded) == (None, None)
    assert inverted_segment(np.arange(2500), _vectors(2500), _never).rounded is None
    for segment in (medium, Segment.read(folder / f"{medium.name}.faiss", again), medium.without(np.arange(5))):
        assert segment.rounded is not None
        assert segment.rounded.nearest(segment.index, query, 11, None) is not None
        expected = replace(segment, rounded=None).search(query, 10, None)
        for found, other in zip(segment.search(query, 10, None), expected, strict=True):
            np.testing.assert_array_equal(found, other)


def test_few_wanted_rows_get_the_scores_of_a_scan_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    segment, allowed = exact_segment(np.arange(3000), _vectors(3000)), np.arange(0, 3000, 7)
    query = _vectors(5)[4:].astype(np.float32)

    taken = segment.search(query, 20, allowed)
    monkeypatch.setattr(segments, "_FEW_ROWS", 0)

    for found, expected in zip(taken, segment.search(query, 20, allowed), strict=True):
        np.testing.assert_array_equal(found, expected)
