"""An encoder that remembers: a benchmark that runs twice embeds once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from retriever.encoder import Encoder, Vectors


class CachedEncoder:
    """An `Encoder` whose vectors are kept in `<folder>/<space_id>.npz`, by a hash of the text.

    A vector is kept as float16 and given out like that, fresh or kept, so that a second run repeats the first. `save`
    writes the file; one process at a time may.
    """

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        self.space_id = encoder.space_id
        self.dimension = encoder.dimension
        self.max_tokens = encoder.max_tokens
        self._encoder = encoder
        self._path = folder / f"{encoder.space_id}.npz"
        self._known: dict[bytes, np.ndarray[tuple[int], np.dtype[np.float16]]] = {}
        if self._path.is_file():
            with np.load(self._path, allow_pickle=False) as kept:
                self._known = dict(zip(map(bytes, kept["keys"]), kept["vectors"], strict=True))
        self._saved = len(self._known)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """See `Encoder`."""
        return self._look_up("passage", texts, self._encoder.encode_passages)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """See `Encoder`."""
        return self._look_up("query", texts, self._encoder.encode_queries)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See `Encoder`."""
        return self._encoder.count_tokens(texts)

    def unknown_share(self, text: str) -> float:
        """See `Encoder`."""
        return self._encoder.unknown_share(text)

    def trust(self, text: str) -> float:
        """See `Encoder`."""
        return self._encoder.trust(text)

    def save(self) -> None:
        """Write the vectors, if any is new; a reader sees the file of before or the new one."""
        if len(self._known) == self._saved:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        keys = np.array([np.frombuffer(key, dtype=np.uint8) for key in self._known])
        unfinished = self._path.with_suffix(".new.npz")
        np.savez(unfinished, keys=keys, vectors=np.stack(list(self._known.values())))
        unfinished.replace(self._path)
        self._saved = len(self._known)

    def _look_up(self, kind: str, texts: Sequence[str], encode: Callable[[Sequence[str]], Vectors]) -> Vectors:
        keys = [hashlib.sha256(f"{kind}\0{text}".encode()).digest() for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if missing:
            self._known |= dict(zip(missing, encode(list(missing.values())).astype(np.float16), strict=True))
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        return np.stack([self._known[key] for key in keys]).astype(np.float32)
