"""The encoder that remembers gives the same vectors without encoding again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from fakes import HashEncoder

from benchmarks.vector_cache import CachedEncoder
from retriever.models.encoder import Vectors


class _Counting(HashEncoder):
    """Counts the texts that it encodes."""

    encoded = 0

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.encoded += len(texts)
        return super().encode_passages(texts)


def test_a_second_run_encodes_nothing_and_sees_the_same(tmp_path: Path) -> None:
    first, second = _Counting(), _Counting()
    cached = CachedEncoder(first, tmp_path)
    fresh = cached.encode_passages(["a", "b", "a"])
    cached.cache.save()

    kept = CachedEncoder(second, tmp_path).encode_passages(["a", "b", "a"])

    assert (first.encoded, second.encoded) == (2, 0)
    assert np.array_equal(fresh, kept)
    assert fresh.dtype == np.float32
    assert np.allclose(fresh, HashEncoder().encode_passages(["a", "b", "a"]), atol=1e-3)


def test_questions_are_encoded_anew_each_time(tmp_path: Path) -> None:
    encoder = _Counting()
    cached = CachedEncoder(encoder, tmp_path)
    cached.encode_passages(["a"])

    for _ in range(2):
        assert np.array_equal(cached.encode_queries(["a"]), HashEncoder().encode_queries(["a"]))

    assert encoder.encoded == 3
    assert cached.encode_passages([]).shape == (0, encoder.dimension)


def test_encoders_of_another_space_share_nothing(tmp_path: Path) -> None:
    cached = CachedEncoder(_Counting(), tmp_path)
    cached.encode_passages(["a"])
    cached.cache.save()
    other = _Counting()
    other.space_id = "spc_other"

    CachedEncoder(other, tmp_path).encode_passages(["a"])

    assert other.encoded == 1
    assert [path.name for path in tmp_path.iterdir()] == ["spc_hash"]
