"""Candidates: which side found them, and what the weight of the dense side goes by."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import HashEncoder
from searching import retrieval_part

from retriever.index.dense import DenseSnapshot
from retriever.index.domain_index import Snapshot
from retriever.index.lexical import LexicalIndex
from retriever.search.candidates import Asked, Mode, find_candidates, places
from retriever.search.fusion import weight_for

_TEXTS = ["red apple", "green pear", "yellow lemon", "green apple", "blue plum", "a pear and a plum"]
_SETTINGS = retrieval_part(spread_gain=0.5, candidates=3)


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    """Six texts, their ids from 1."""
    vectors = HashEncoder().encode_passages(_TEXTS).astype(np.float16)
    ids = list(range(1, len(_TEXTS) + 1))
    dense = DenseSnapshot(vectors.shape[1]).changed([], ids, vectors)
    return Snapshot(1, dense, LexicalIndex(tmp_path).changed([], list(zip(ids, _TEXTS, strict=True))))


def _asked(limit: int = 3, mode: Mode = "hybrid", unknown: float = 0.0) -> Asked:
    return Asked("green pear", mode, limit, unknown, None)


def test_every_candidate_has_both_scores_and_the_spread_of_the_cosines_decides_the_weight(snapshot: Snapshot) -> None:
    found = find_candidates(snapshot, HashEncoder(), _asked(), _SETTINGS)

    dense, lexical = dict(found.dense), dict(found.lexical)
    assert {2, 4, 6} <= dense.keys()  # what the words found
    assert found.weight == pytest.approx(weight_for(0.4, 0.5, list(dense.values())))
    bound = 2 * 2.2 * sum(snapshot.lexical.term_weights("green pear").values())
    for key, score in found.fused:
        assert score == pytest.approx(
            found.weight * dense[key] + (1 - found.weight) * lexical.get(key, 0.0) / bound, abs=1e-6
        )


def test_more_hits_wanted_change_no_weight(snapshot: Snapshot) -> None:
    few, many = (find_candidates(snapshot, HashEncoder(), _asked(limit), _SETTINGS) for limit in (3, 6))

    assert len(many.fused) > len(few.fused)
    assert 0 < many.weight == few.weight < 1


def test_a_text_that_awaits_its_vector_is_neither_near_nor_far(snapshot: Snapshot) -> None:
    half = replace(snapshot, dense=snapshot.dense.changed({2, 4}, [], np.empty((0, 32))), unembedded=frozenset({2, 4}))

    found = find_candidates(half, HashEncoder(), _asked(), _SETTINGS)

    dense, lexical, fused = dict(found.dense), dict(found.lexical), dict(found.fused)
    first = [dense[key] for key in dense.keys() & {6, *(key for key, _ in found.dense[:3])}]
    bound = 2 * 2.2 * sum(snapshot.lexical.term_weights("green pear").values())
    assert not {2, 4} & dense.keys()
    assert fused[2] == pytest.approx(found.weight * np.mean(first) + (1 - found.weight) * lexical[2] / bound, abs=1e-6)
    assert found.fused[0][0] == 2


def test_a_domain_without_any_vector_is_searched_by_words(snapshot: Snapshot) -> None:
    bare = replace(snapshot, dense=DenseSnapshot(32), unembedded=frozenset(range(1, 7)))

    found = find_candidates(bare, HashEncoder(), _asked(), _SETTINGS)

    assert [key for key, _ in found.fused] == [key for key, _ in found.lexical] == [2, 4, 6]
    assert found.dense == []


def test_a_release_without_a_gain_has_one_weight_for_all_questions(snapshot: Snapshot) -> None:
    settings = retrieval_part(spread_gain=0.0, candidates=3)

    assert find_candidates(snapshot, HashEncoder(), _asked(), settings).weight == 0.4


@pytest.mark.parametrize(
    ("mode", "unknown", "weight"), [("lexical", 0.0, 0.0), ("dense", 0.0, 1.0), ("hybrid", 0.2, 0.0)]
)
def test_one_side_alone_is_not_fused(snapshot: Snapshot, mode: Mode, unknown: float, weight: float) -> None:
    found = find_candidates(snapshot, HashEncoder(), _asked(mode=mode, unknown=unknown), _SETTINGS)

    assert found.weight == weight
    assert (found.dense == []) == (weight == 0.0)
    assert (found.lexical == []) == (weight == 1.0)
    assert [key for key, _ in found.fused] == [key for key, _ in found.dense or found.lexical]


def test_places_begin_at_one_and_of_equal_scores_the_smaller_id_is_first() -> None:
    assert places([(7, 0.5), (3, 0.9), (2, 0.5)]) == {3: 1, 2: 2, 7: 3}
