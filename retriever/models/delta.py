"""Weights that are shipped as differences to weights that everybody has.

A model trained from a well-known one needs only what changed. Matrices are kept in 4 bits per weight, in groups of 64
along a row that share one float16 scale; vectors (biases, norms) in float16. Six layers of MiniLM and 6,800 further
characters take 7 MB that way, where the whole model takes 90.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
GROUP = 64
_CODES, _SCALES, _VECTOR = "codes:", "scales:", "vector:"


def write_delta(path: Path, changes: Mapping[str, Array], exact: Collection[str] = ()) -> None:
    """Write changes of weights, by name; those in `exact`, and what has no rows of a multiple of 64, as float16."""
    from safetensors.numpy import save_file

    tensors: dict[str, npt.NDArray[np.generic]] = {}
    for name, change in changes.items():
        if name not in exact and change.ndim == 2 and change.shape[1] % GROUP == 0:
            tensors[_CODES + name], tensors[_SCALES + name] = _quantised(change)
        else:
            tensors[_VECTOR + name] = change.astype(np.float16)
    save_file(tensors, path)


def read_delta(path: Path) -> dict[str, Array]:
    """Return the changes that `write_delta` wrote, by name, as float32."""
    from safetensors.numpy import load_file

    tensors = load_file(path)
    changes: dict[str, Array] = {}
    for key, tensor in tensors.items():
        if key.startswith(_CODES):
            name = key.removeprefix(_CODES)
            changes[name] = _restored(tensor, tensors[_SCALES + name])
        elif key.startswith(_VECTOR):
            changes[key.removeprefix(_VECTOR)] = tensor.astype(np.float32)
    return changes


def _quantised(change: Array) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float16]]:
    """Return codes, two to a byte, and scales; of several clippings a group takes the one with the least error."""
    groups = change.reshape(-1, GROUP)
    largest = np.abs(groups).max(axis=1, keepdims=True)
    best = np.full(len(groups), np.inf)
    scales: npt.NDArray[np.float16] = np.zeros((len(groups), 1), dtype=np.float16)
    for share in (1.0, 0.9, 0.8, 0.7, 0.6):
        scale = (largest * share / 7.0 + 1e-8).astype(np.float16)
        wide = np.maximum(scale.astype(np.float32), 1e-8)
        error = ((np.clip(np.rint(groups / wide), -8, 7) * wide - groups) ** 2).sum(axis=1)
        better = error < best
        best[better], scales[better] = error[better], scale[better]
    wide = np.maximum(scales.astype(np.float32), 1e-8)
    codes = (np.clip(np.rint(groups / wide), -8, 7) + 8).astype(np.uint8)
    packed = codes[:, 0::2] | (codes[:, 1::2] << 4)
    return packed.astype(np.uint8).reshape(change.shape[0], -1), scales.reshape(change.shape[0], -1)


def _restored(codes: npt.NDArray[np.uint8], scales: npt.NDArray[np.float16]) -> Array:
    wide = np.empty((codes.shape[0], codes.shape[1] * 2), dtype=np.float32)
    wide[:, 0::2] = codes & 15
    wide[:, 1::2] = codes >> 4
    spread = np.repeat(np.maximum(scales.astype(np.float32), 1e-8), GROUP, axis=1)
    return np.asarray((wide - 8.0) * spread, dtype=np.float32)
