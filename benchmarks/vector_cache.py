"""Vectors kept on disk between runs, by the space they lie in and a hash of the text."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from retriever.models.encoder import Encoder, Vectors

Encode = Callable[[Sequence[str]], Vectors]


class VectorCache:
    """The vectors of one space: parts `<folder>/<space>/<hash>.npz`, each written once. Without a folder: memory."""

    def __init__(self, folder: Path | None, space: str) -> None:
        self._folder = folder / space if folder else None
        self._rows: dict[str, Vectors] = {}
        self._unsaved: list[str] = []
        for part in sorted(self._folder.glob("*.npz")) if self._folder else []:
            with np.load(part, allow_pickle=False) as arrays:
                self._rows |= dict(zip(arrays["keys"].tolist(), arrays["vectors"], strict=True))

    def vectors(self, kind: str, texts: Sequence[str], encode: Encode) -> Vectors:
        """Return the vectors of texts in their order; `encode` is called once, with the texts that are new."""
        keys = [hashlib.sha256(f"{kind}\0{text}".encode()).hexdigest() for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._rows}
        if new:
            self._rows |= dict(zip(new, encode(list(new.values())), strict=True))
            self._unsaved += new
        return np.stack([self._rows[key] for key in keys]) if keys else encode([])

    def save(self) -> None:
        """Write the vectors that no part holds yet."""
        if self._folder is None or not self._unsaved:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256("".join(self._unsaved).encode()).hexdigest()[:16]
        unfinished = self._folder / f"{name}.unfinished"
        with unfinished.open("wb") as file:
            np.savez(file, keys=np.array(self._unsaved), vectors=np.stack([self._rows[key] for key in self._unsaved]))
        unfinished.rename(unfinished.with_suffix(".npz"))
        self._unsaved = []


class CachedEncoder:
    """An encoder that encodes each passage once; the rest of the product does not see the difference."""

    def __init__(self, encoder: Encoder, folder: Path | None) -> None:
        self.space_id = encoder.space_id
        self.dimension = encoder.dimension
        self.max_tokens = encoder.max_tokens
        self.cache = VectorCache(folder, encoder.space_id)
        self._encoder = encoder

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """See `Encoder`."""
        return self.cache.vectors("passage", texts, self._encoder.encode_passages)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """See `Encoder`. Never kept: how exactly a question is encoded is not part of the space."""
        return self._encoder.encode_queries(texts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See `Encoder`."""
        return self._encoder.count_tokens(texts)

    def unknown_share(self, text: str) -> float:
        """See `Encoder`."""
        return self._encoder.unknown_share(text)

    def trust(self, text: str) -> float:
        """See `Encoder`."""
        return self._encoder.trust(text)
