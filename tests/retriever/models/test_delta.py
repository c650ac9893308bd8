"""Deltas: what is read is near to what was written, and small."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors.numpy import load_file

from retriever.models.delta import GROUP, read_delta, write_delta

_MATRICES = arrays.arrays(np.float32, (3, 2 * GROUP), elements=st.floats(-4, 4, width=32))


@settings(max_examples=40)
@given(_MATRICES)
def test_a_matrix_comes_back_within_a_step_of_its_groups(
    tmp_path_factory: pytest.TempPathFactory, matrix: np.ndarray[tuple[int, int], np.dtype[np.float32]]
) -> None:
    path = tmp_path_factory.mktemp("delta") / "delta.safetensors"

    write_delta(path, {"layer": matrix})
    restored = read_delta(path)["layer"]

    groups, error = matrix.reshape(-1, GROUP), (restored - matrix).reshape(-1, GROUP)
    step = np.abs(groups).max(axis=1) / 7
    # The best clipping has no larger squared error than no clipping, whose error is half a step for each weight.
    assert ((error**2).sum(axis=1) <= GROUP * (step / 2 * 1.01 + 1e-6) ** 2 + 1e-9).all()


@settings(max_examples=40)
@given(_MATRICES)
def test_a_weight_is_off_by_half_a_step_or_by_what_was_clipped_off(
    tmp_path_factory: pytest.TempPathFactory, matrix: np.ndarray[tuple[int, int], np.dtype[np.float32]]
) -> None:
    path = tmp_path_factory.mktemp("delta") / "delta.safetensors"

    write_delta(path, {"layer": matrix})
    restored = read_delta(path)["layer"]

    steps = np.repeat(load_file(path)["scales:layer"].astype(np.float32), GROUP, axis=1)
    clipped = np.maximum(matrix - 7 * steps, -8 * steps - matrix)
    assert (np.abs(restored - matrix) <= np.maximum(steps / 2, clipped) * 1.0001 + 1e-7).all()
    assert (restored[matrix == 0] == 0).all()


def test_groups_do_not_share_a_scale(tmp_path: Path) -> None:
    matrix = np.concatenate([np.full((1, GROUP), 1e-3), np.full((1, GROUP), 100.0)], axis=1).astype(np.float32)

    write_delta(tmp_path / "delta.safetensors", {"layer": matrix})

    np.testing.assert_allclose(read_delta(tmp_path / "delta.safetensors")["layer"], matrix, rtol=0.01)


def test_zeros_stay_zeros_and_signs_stay(tmp_path: Path) -> None:
    matrix = np.zeros((1, GROUP), dtype=np.float32)
    matrix[0, :3] = (7.0, -7.0, 3.0)

    write_delta(tmp_path / "delta.safetensors", {"layer": matrix, "zero": np.zeros_like(matrix)})
    restored = read_delta(tmp_path / "delta.safetensors")

    np.testing.assert_allclose(restored["layer"], matrix, atol=1e-2)
    np.testing.assert_array_equal(restored["zero"], np.zeros_like(matrix))


def test_vectors_odd_matrices_and_exact_names_keep_half_precision(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    tensors = {
        "bias": random.standard_normal(5).astype(np.float32),
        "odd": random.standard_normal((4, 10)).astype(np.float32),
        "head": random.standard_normal((2, GROUP)).astype(np.float32),
    }

    write_delta(tmp_path / "delta.safetensors", tensors, exact=["head"])
    restored = read_delta(tmp_path / "delta.safetensors")

    assert restored.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert restored[name].dtype == np.float32
        np.testing.assert_array_equal(restored[name], tensor.astype(np.float16).astype(np.float32))


def test_a_weight_takes_little_more_than_half_a_byte(tmp_path: Path) -> None:
    matrix = np.random.default_rng(2).standard_normal((512, 512)).astype(np.float32)

    write_delta(tmp_path / "delta.safetensors", {"layer": matrix})

    assert matrix.size * 0.5 < (tmp_path / "delta.safetensors").stat().st_size < matrix.size * 0.54
