"""Searches by 8-bit integers: the exact result, or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import faiss as typed_faiss
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retriever.index import rescoring, segments
from retriever.index.rescoring import RoundedVectors, best_of
from retriever.index.segments import exact_segment
from retriever.models.encoder import Vectors

faiss: Any = typed_faiss
Half = npt.NDArray[np.float16]


def _unit(rows: npt.NDArray[np.floating[Any]]) -> Vectors:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def _vectors(count: int, spread: float, seed: int, clusters: int = 20) -> Half:
    """Return vectors of 64 dimensions around centres; the smaller the spread, the nearer they are."""
    chance = np.random.default_rng(seed)
    centres = chance.standard_normal((clusters, 64))
    rows = centres[chance.integers(0, clusters, count)] + spread * chance.standard_normal((count, 64))
    return _unit(rows).astype(np.float16)


def _exact(vectors: Half) -> Any:
    return exact_segment(np.arange(len(vectors)), vectors).index


@given(st.sampled_from([0.0, 1e-3, 0.01, 0.5, 5.0]), st.integers(1, 60), st.integers(0, 2**20), st.booleans())
@settings(max_examples=60, deadline=None)
def test_what_is_certain_is_the_result_of_scanning_everything(spread: float, size: int, seed: int, some: bool) -> None:
    vectors = _vectors(1500, spread, seed)
    exact, rounded = _exact(vectors), RoundedVectors.of(vectors)
    query = _unit(np.random.default_rng(seed + 1).standard_normal((1, 64)))
    wanted = np.random.default_rng(seed + 2).random(1500) < (0.5 if some else 2.0)
    selector = faiss.IDSelectorBitmap(np.packbits(wanted, bitorder="little"))

    assert rounded is not None
    found = rounded.nearest(exact, query, size, selector)

    expected = exact.search(query, size, params=faiss.SearchParameters(sel=selector))
    if found is not None:
        np.testing.assert_array_equal(found[0], expected[0][0])
        assert len(set(found[1].tolist())) == size
        assert wanted[found[1]].all()
        np.testing.assert_array_equal(found[0], best_of(exact, np.sort(found[1]), query, size)[0])


def test_vectors_nearer_to_one_another_than_rounding_tells_are_never_certain() -> None:
    for seed in range(10):
        vectors, query = _vectors(1500, 1e-3, seed, clusters=1), _vectors(1, 1.0, seed + 1).astype(np.float32)
        rounded = RoundedVectors.of(vectors)

        assert rounded is not None
        assert rounded.nearest(_exact(vectors), query, 10, None) is None


def test_usual_vectors_are_certain_and_equal_ones_are_not() -> None:
    usual, equal = _vectors(2000, 1.0, 3), np.repeat(_vectors(1, 1.0, 3), 2000, axis=0)
    query = usual[:1].astype(np.float32)

    for vectors, certain in ((usual, True), (equal, False)):
        rounded = RoundedVectors.of(vectors)
        assert rounded is not None
        assert (rounded.nearest(_exact(vectors), query, 10, None) is not None) == certain


def test_the_bound_holds_for_every_row() -> None:
    vectors = _vectors(500, 1.0, 5)
    rounded = RoundedVectors.of(vectors)
    assert rounded is not None
    units = np.rint(vectors.astype(np.float32) / rounded.step)

    assert np.abs(units).max() == 127
    np.testing.assert_array_equal(rounded.index.reconstruct_n(0, 500), units)
    rests = np.linalg.norm(vectors.astype(np.float32) - units * rounded.step, axis=1)
    assert rests.max() == pytest.approx(rounded.lost, rel=1e-5)
    assert np.linalg.norm(units * rounded.step, axis=1).max() == pytest.approx(rounded.longest, rel=1e-5)


@given(st.integers(0, 2**20), st.sampled_from([1e-3, 0.5]), st.booleans(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_no_inner_product_is_missed_by_more_than_is_said(
    seed: int, spread: float, whole_query: bool, whole_vectors: bool
) -> None:
    query, vectors = _vectors(1, 1.0, seed + 1).astype(np.float32), _vectors(300, spread, seed)
    if whole_query:  # nothing is lost by rounding
        query = np.sign(query) / 8
    if whole_vectors:
        vectors = np.sign(vectors) / np.float16(8)
    rounded = RoundedVectors.of(vectors)
    assert rounded is not None
    step = float(np.abs(query).max()) / 127
    units = np.rint(query / step)

    scores, rows = rounded.index.search(units, 300)

    exact = (vectors.astype(np.float64) @ query[0].astype(np.float64))[rows[0]]
    found = scores[0].astype(np.float64) * step * rounded.step
    most = rounded.missed(query, np.asarray(units * step, np.float32))
    assert np.abs(exact - found).max() <= most
    assert (most < 1e-4) == (whole_query and whole_vectors)


def test_nothing_is_certain_of_a_query_of_zeros_or_among_few_rows() -> None:
    vectors = _vectors(1500, 1.0, 7)
    rounded = RoundedVectors.of(vectors)
    assert rounded is not None

    assert rounded.nearest(_exact(vectors), np.zeros((1, 64), np.float32), 5, None) is None
    assert rounded.nearest(_exact(vectors), vectors[:1].astype(np.float32), 600, None) is None


@pytest.mark.parametrize("bad", [0.0, np.inf, np.nan])
def test_vectors_that_cannot_be_rounded_are_not(bad: float) -> None:
    assert RoundedVectors.of(np.full((3, 8), bad, np.float16)) is None
    assert RoundedVectors.of(np.empty((0, 8), np.float16)) is None


def test_rows_with_fewer_wanted_than_are_looked_at_are_all_scored() -> None:
    vectors = _vectors(1500, 1.0, 9)
    exact, rounded = _exact(vectors), RoundedVectors.of(vectors)
    assert rounded is not None
    wanted = np.zeros(1500, np.bool_)
    wanted[::100] = True
    selector = faiss.IDSelectorBitmap(np.packbits(wanted, bitorder="little"))

    found = rounded.nearest(exact, vectors[:1].astype(np.float32), 15, selector)

    assert found is not None
    assert sorted(found[1].tolist()) == list(range(0, 1500, 100))
    assert found[0].tolist() == sorted(found[0].tolist(), reverse=True)


@pytest.mark.parametrize(("milliseconds", "kept"), [((1.0, 1.5), True), ((1.0, 0.95), True), ((1.0, 0.5), False)])
def test_a_cpu_that_scans_float16_clearly_quicker_keeps_no_integers_and_finds_the_same(
    monkeypatch: pytest.MonkeyPatch, milliseconds: tuple[float, float], kept: bool
) -> None:
    ran: list[object] = []

    def found(trials: Mapping[str, Callable[[], object]], seconds: float) -> dict[str, float]:
        ran.extend(trial() for trial in trials.values())
        return dict(zip(trials, milliseconds, strict=True))

    monkeypatch.setattr(rescoring, "timed", found)
    monkeypatch.setattr(segments, "_ROUNDED_ROWS", range(1000, 2000))
    vectors = _vectors(1500, 0.5, 3)
    usual = exact_segment(np.arange(900), vectors[:900])

    segment = exact_segment(np.arange(1500), vectors)

    query = vectors[:1].astype(np.float32)
    scores, ids = segment.search(query, 5, None)
    assert (segment.rounded is not None) == kept
    assert len(ran) == 2  # of the larger segment alone
    assert usual.rounded is None
    exact = vectors.astype(np.float64) @ query[0].astype(np.float64)
    assert set(np.argsort(-exact)[:5]) <= set(ids.tolist())
    assert np.isfinite(scores).all()
