"""An encoder whose vectors all lie in one direction, with what they have in common taken away.

Of multilingual-e5-small any two texts have a cosine of .7 to .9, and two of one language have more in common than two
that say the same in different languages. Without the mean vector of their language (as Mu and Viswanath 2018,
"All-but-the-Top", do for words) cosines spread as those of other encoders do, so that one weight in the fusion and one
estimate of the evidence serve them all, and a question finds more in another language.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from retriever.models.encoder import Computing, Encoder, Vectors
from retriever.text.language import is_cjk_text
from store.ids import hashed_id, sha256

MEANS = "means.json"


class CentredEncoder:
    """See `retriever.encoder.Encoder`; `means` is a file with the mean vectors of `cjk` texts and of `other` ones."""

    def __init__(self, encoder: Encoder, means: Path) -> None:
        content = means.read_bytes()
        kept = json.loads(content)
        self._encoder = encoder
        self._means: Vectors = np.array([kept["other"], kept["cjk"]], dtype=np.float32)
        self.space_id = hashed_id("spc", {"of": encoder.space_id, "without": sha256(content)})
        self.dimension = encoder.dimension
        self.max_tokens = encoder.max_tokens
        self.crosses_languages = True  # what texts of one language have in common is taken away

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """See `Encoder`."""
        return self._centred(texts, self._encoder.encode_passages(texts))

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """See `Encoder`."""
        return self._centred(texts, self._encoder.encode_queries(texts))

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See `Encoder`."""
        return self._encoder.count_tokens(texts)

    def unknown_share(self, text: str) -> float:
        """See `Encoder`."""
        return self._encoder.unknown_share(text)

    def trust(self, text: str) -> float:
        """See `Encoder`."""
        return self._encoder.trust(text)

    @property
    def computing(self) -> dict[str, str]:
        """See `Computing`."""
        return self._encoder.computing if isinstance(self._encoder, Computing) else {}

    def _centred(self, texts: Sequence[str], vectors: Vectors) -> Vectors:
        left = vectors - self._means[[int(is_cjk_text(text)) for text in texts]] if len(texts) else vectors
        lengths = np.linalg.norm(left, axis=1, keepdims=True)
        return np.asarray(left / np.maximum(lengths, 1e-9), dtype=np.float32)
