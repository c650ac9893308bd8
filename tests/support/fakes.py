"""Small real stand-ins: an encoder and a reader that need no model, for tests of what stores and finds vectors."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np

from retriever.models.encoder import Vectors
from retriever.models.span_reader import Reading
from retriever.text.analysis import terms
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

    def trust(self, text: str) -> float:
        del text
        return 1.0

    def _vector(self, text: str) -> Vectors:
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")
        vector = np.random.default_rng(seed).standard_normal(self.dimension).astype(np.float32)
        return vector / np.linalg.norm(vector)


class WordReader:
    """Reads by words: a token of the passage that stands in the question, too, is a likely answer."""

    def read(self, question: str, passages: Sequence[str]) -> list[Reading]:
        asked = set(terms(question))
        return [self._read(asked, passage) for passage in passages]

    def _read(self, asked: set[str], passage: str) -> Reading:
        words = list(re.finditer(r"\w+", passage))
        offsets = np.array([word.span() for word in words], dtype=np.int64).reshape(-1, 2)
        likely = np.array([float(bool(asked & set(terms(word[0])))) for word in words], dtype=np.float32)
        return Reading(offsets, likely, likely, 0.0)


def vectors_of(encoder: HashEncoder, passages: Sequence[NewPassage]) -> dict[str, bytes]:
    """Return what `make_searchable` takes as vectors."""
    contents = [passage.content for passage in passages]
    rows = encoder.encode_passages(contents).astype(np.float16)
    return {content: row.tobytes() for content, row in zip(contents, rows, strict=True)}
