"""Text to vectors: the protocol of encoders, and the one of two parts that reads English and Chinese."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from retriever.models.encoder_files import default_encoder, whole_tokenizer
from retriever.text.language import LEAST_CJK, is_cjk_text
from store.ids import hashed_id

Vectors = npt.NDArray[np.float32]
_CHINESE_TRUST = 0.65  # chosen on the dev parts of three Chinese sets, docs/decisions


class Encoder(Protocol):
    """Maps texts to vectors of length one, so that the inner product is the cosine."""

    space_id: str
    dimension: int
    max_tokens: int

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return a matrix (texts, dimension), in the order of the texts."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return a matrix (texts, dimension), in the order of the texts."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has, special tokens included, without truncation."""
        ...

    def unknown_share(self, text: str) -> float:
        """Return the share of the text that the encoder cannot read, 0 to 1: unknown tokens or characters."""
        ...

    def trust(self, text: str) -> float:
        """Return what the cosines of a query are worth beside those of the encoder's best language, 0 to 1."""
        ...


@runtime_checkable
class Multilingual(Protocol):
    """An encoder that may compare languages: a text lies near to what says the same in another one."""

    crosses_languages: bool


def crosses_languages(encoder: Encoder) -> bool:
    """Return whether a cosine of this encoder means the same across languages as within one."""
    return isinstance(encoder, Multilingual) and encoder.crosses_languages


@runtime_checkable
class Computing(Protocol):
    """An encoder that says how it computes."""

    @property
    def computing(self) -> dict[str, str]:
        """Return `precision` of passages, and how `passages` and `questions` are computed, for people."""
        ...


class BilingualEncoder:
    """MiniLM for English and what is near to it, a table of characters for Chinese, in one space."""

    def __init__(self, latin: Encoder) -> None:
        from retriever.models.chinese_encoder import ChineseEncoder

        folder = default_encoder()
        self._latin = latin
        self._chinese = ChineseEncoder(folder / "model.safetensors", whole_tokenizer(folder))
        self.space_id = hashed_id("spc", {"latin": latin.space_id, "chinese": self._chinese.digest, "share": LEAST_CJK})
        self.dimension = latin.dimension
        self.max_tokens = latin.max_tokens

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """See `Encoder`."""
        return self._encode(texts, self._latin.encode_passages)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """See `Encoder`."""
        return self._encode(texts, self._latin.encode_queries)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See `Encoder`. Of Chinese text, MiniLM's tokens: the characters."""
        return self._latin.count_tokens(texts)

    def unknown_share(self, text: str) -> float:
        """See `Encoder`."""
        return (self._chinese if is_cjk_text(text) else self._latin).unknown_share(text)

    def trust(self, text: str) -> float:
        """See `Encoder`. A sum of character vectors knows less than a transformer."""
        return _CHINESE_TRUST if is_cjk_text(text) else self._latin.trust(text)

    @property
    def computing(self) -> dict[str, str]:
        """See `Computing`."""
        return self._latin.computing if isinstance(self._latin, Computing) else {}

    def _encode(self, texts: Sequence[str], latin: Callable[[Sequence[str]], Vectors]) -> Vectors:
        chinese = [is_cjk_text(text) for text in texts]
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for own, encode in ((True, self._chinese.encode), (False, latin)):
            rows = [row for row, is_chinese in enumerate(chinese) if is_chinese == own]
            if rows:
                vectors[rows] = encode([texts[row] for row in rows])
        return vectors
