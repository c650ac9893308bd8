"""Small real stand-ins: an encoder that needs no model, for tests of what stores and finds vectors."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from retriever.encoder import Vectors
from store.passages import NewPassage


class HashEncoder:
    """Maps equal texts to equal unit vectors and different ones to nearly orthogonal ones; a token is a word."""

    space_id = "spc_hash"
    dimension = 32
    max_tokens = 256

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._vector(text) for text in texts]) if texts else np.empty((0, self.dimension), np.float32)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self.encode_passages(texts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) + 2 for text in texts]

    def unknown_share(self, text: str) -> float:
        del text
        return 0.0

    def _vector(self, text: str) -> Vectors:
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")
        vector = np.random.default_rng(seed).standard_normal(self.dimension).astype(np.float32)
        return vector / np.linalg.norm(vector)


def vectors_of(encoder: HashEncoder, passages: Sequence[NewPassage]) -> dict[str, bytes]:
    """Return what `make_searchable` takes as vectors."""
    contents = [passage.content for passage in passages]
    rows = encoder.encode_passages(contents).astype(np.float16)
    return {content: row.tobytes() for content, row in zip(contents, rows, strict=True)}
