"""Contents to vectors, in slices, with signs of life between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from retriever.models.encoder import Encoder
from retriever.models.finite import finite

_SLICE = 256  # texts embedded between two signs of life


def embedded(encoder: Encoder, contents: Iterable[str], done: Callable[[float], None]) -> dict[str, bytes]:
    """Return the vectors of contents as float16 bytes; `done` is told which part of them is done.

    Whatever the process, they come in the same order: batches are full of texts of one length.
    """
    texts = sorted(contents, key=lambda text: (len(text), text))
    vectors: dict[str, bytes] = {}
    for start in range(0, len(texts), _SLICE):
        part = texts[start : start + _SLICE]
        with np.errstate(over="ignore"):  # what is too large becomes infinite, which is an error of its own
            rows = encoder.encode_passages(part).astype(np.float16)
        finite(rows, "The encoder, rounded to float16,")
        vectors |= {text: row.tobytes() for text, row in zip(part, rows, strict=True)}
        done((start + len(part)) / len(texts))
    return vectors
