"""The dense index: exact inner product over normalised vectors, in FAISS.

FAISS crashes when an index changes while another thread searches it, and loads damaged files without a word. So a
snapshot never changes (a change clones it), and the bytes of a file are checked by the caller before they come here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np

from retriever.encoder import Vectors


@dataclass(frozen=True)
class DenseSnapshot:
    """An immutable index from text ids to vectors."""

    index: Any

    @classmethod
    def empty(cls, dimension: int) -> DenseSnapshot:
        """Return a snapshot without vectors."""
        return cls(faiss.IndexIDMap2(faiss.IndexFlatIP(dimension)))

    @classmethod
    def from_bytes(cls, data: bytes) -> DenseSnapshot:
        """Return the snapshot that `to_bytes` wrote. Only for bytes whose hash was checked."""
        return cls(faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8)))

    def to_bytes(self) -> bytes:
        """Return the index in FAISS's own format."""
        return bytes(faiss.serialize_index(self.index))

    def ids(self) -> set[int]:
        """Return the ids of all vectors."""
        return set(faiss.vector_to_array(self.index.id_map).tolist())

    def changed(self, removed: Iterable[int], added: Sequence[int], vectors: Vectors) -> DenseSnapshot:
        """Return a snapshot without the ids `removed` and with `added`, whose vectors are the rows of `vectors`."""
        index = faiss.clone_index(self.index)
        gone = np.fromiter(removed, dtype=np.int64)
        if len(gone):
            index.remove_ids(faiss.IDSelectorBatch(gone))
        if added:
            index.add_with_ids(np.ascontiguousarray(vectors), np.array(added, dtype=np.int64))
        return DenseSnapshot(index)

    def search(self, vector: Vectors, limit: int, allowed: set[int] | None = None) -> list[tuple[int, float]]:
        """Return up to `limit` (id, cosine) pairs, best first; only ids in `allowed` if that is given."""
        parameters = None
        if allowed is not None:
            ids = np.fromiter(allowed, dtype=np.int64)
            parameters = faiss.SearchParameters(sel=faiss.IDSelectorBatch(ids))  # type: ignore[call-arg]
        scores, ids = self.index.search(vector.reshape(1, -1), limit, params=parameters)
        hits = zip(ids[0].tolist(), scores[0].tolist(), strict=True)
        return [(key, score) for key, score in hits if key >= 0]  # FAISS pads missing hits with id -1
