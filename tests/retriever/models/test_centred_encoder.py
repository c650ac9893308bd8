"""Without what all vectors of a language have in common, cosines tell texts apart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from fakes import HashEncoder

from retriever.models.centred_encoder import CentredEncoder
from retriever.models.encoder import Vectors


class _Narrow(HashEncoder):
    """Vectors that all lie near a direction of their language."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        shared = np.eye(self.dimension, dtype=np.float32)[[int(not text.isascii()) for text in texts]]
        rows = super().encode_passages(texts) + 3 * shared
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def means(tmp_path: Path) -> Path:
    path = tmp_path / "means.json"
    other, cjk = (0.95 * np.eye(_Narrow.dimension)[place] for place in (0, 1))
    path.write_text(json.dumps({"other": other.tolist(), "cjk": cjk.tolist()}), encoding="utf-8")
    return path


def test_cosines_spread_and_vectors_keep_length_one(means: Path) -> None:
    texts = [f"text {number}" for number in range(20)] + [f"文字{number}号" for number in range(20)]
    narrow, centred = _Narrow().encode_passages(texts), CentredEncoder(_Narrow(), means).encode_passages(texts)

    assert (narrow @ narrow.T)[:20, :20].min() > 0.7
    for block in (centred[:20], centred[20:]):
        off_diagonal = (block @ block.T)[~np.eye(20, dtype=bool)]
        assert abs(float(off_diagonal.mean())) < 0.15
    np.testing.assert_allclose(np.linalg.norm(centred, axis=1), 1.0, rtol=1e-5)


def test_the_means_are_part_of_the_space(means: Path) -> None:
    before = CentredEncoder(_Narrow(), means).space_id
    means.write_text(means.read_text(encoding="utf-8") + " ", encoding="utf-8")

    assert before != _Narrow.space_id
    assert CentredEncoder(_Narrow(), means).space_id != before
    assert CentredEncoder(_Narrow(), means).encode_passages([]).shape == (0, _Narrow.dimension)
