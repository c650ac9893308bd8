"""Chinese text to vectors without a transformer: the sum of trained vectors of its characters and pairs of characters.

MiniLM turns most Chinese characters into unknown tokens. Its Chinese counterpart is a table, trained contrastively
(`tools/chinese`, model2vec and sentence-transformers' static models are its relatives): cheap enough that it costs
nothing beside the transformer, and better than what the transformer learned of Chinese in the same time on a CPU. Latin
words inside of Chinese text keep MiniLM's word embeddings, mapped into the same space.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from retriever.models.delta import Array, read_delta
from retriever.models.finite import finite
from retriever.models.reference import REFERENCE, TOLERANCE, Reference
from retriever.text.analysis import CJK
from retriever.weights import shipped
from store.errors import ComputationError
from store.ids import hashed_id, sha256

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_RUN = re.compile(f"([{CJK}]+)|[^{CJK}]+")
_WORDS = "embeddings.word_embeddings.weight"
_WHAT = "The table of Chinese characters"
_WAY_OUT = "Its weights or this machine are damaged: install the package again."
KNOWN = "员工每年享有十五天带薪年假 annual leave"  # the text of its reference
TABLE, MAP, GAIN = "table", "map", "gain"  # the tensors of the delta


class ChineseEncoder:
    """Encodes Chinese text; `weights` is MiniLM's file of weights, `tokenizer` its tokenizer without truncation."""

    def __init__(self, weights: Path, tokenizer: Tokenizer, folder: Path | None = None) -> None:
        self._weights = weights
        self._tokenizer = tokenizer
        self._folder = folder or shipped("chinese")
        units = (self._folder / "units.txt").read_text(encoding="utf-8").split()
        self._places = {unit: place for place, unit in enumerate(units)}

    @property
    def digest(self) -> str:
        """A hash of all that decides a vector, MiniLM's weights left out."""
        return hashed_id(
            "zh", {name: sha256((self._folder / name).read_bytes()) for name in ("units.txt", "delta.safetensors")}
        )

    def encode(self, texts: Sequence[str]) -> Array:
        """Return a matrix (texts, dimension) of rows of length one; a text without any known unit has length zero."""
        if self._off > TOLERANCE["f32"]:
            message = f"{_WHAT} computes a known text wrongly, by {self._off:.3g} where {TOLERANCE['f32']} is allowed."
            raise ComputationError(f"{message} {_WAY_OUT}")
        return self.sums(texts)

    def sums(self, texts: Sequence[str]) -> Array:
        """Return what `encode` does, without comparing with the reference."""
        rows = np.stack([self._sum(text) for text in texts]) if texts else np.empty((0, self._table.shape[1]))
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        vectors = np.asarray(rows / np.maximum(lengths, 1e-9), dtype=np.float32)
        return finite(vectors, _WHAT, _WAY_OUT)

    @cached_property
    def _off(self) -> float:
        """By how much the vector of a known text differs from the one that was shipped with the table."""
        path = self._folder / REFERENCE
        return Reference.read(path).error(lambda _: self.sums([KNOWN])) if path.is_file() else 0.0

    def unknown_share(self, text: str) -> float:
        """Return the share of the text's CJK characters that the table does not know, 0 to 1."""
        characters = [character for run in _RUN.findall(text) for character in run]
        unknown = sum(character not in self._places for character in characters)
        return unknown / len(characters) if characters else 0.0

    def _sum(self, text: str) -> Array:
        units: list[int] = []
        words: list[int] = []
        for run in _RUN.finditer(text):
            if run[1] is None:
                words += self._tokenizer.encode(run[0], add_special_tokens=False).ids
            else:
                pairs = map("".join, pairwise(run[1]))
                units += [self._places[unit] for unit in (*run[1], *pairs) if unit in self._places]
        total = self._table[units].sum(axis=0)
        if words:
            total = total + (self._gain[words] @ self._words[words]) @ self._map
        return np.asarray(total, dtype=np.float32)

    @cached_property
    def _tensors(self) -> dict[str, Array]:
        return read_delta(self._folder / "delta.safetensors")

    @cached_property
    def _table(self) -> Array:
        return self._tensors[TABLE]

    @cached_property
    def _map(self) -> Array:
        return self._tensors[MAP]

    @cached_property
    def _gain(self) -> Array:
        return self._tensors[GAIN]

    @cached_property
    def _words(self) -> Array:
        from safetensors import safe_open

        with safe_open(self._weights, framework="numpy") as tensors:
            return np.asarray(tensors.get_tensor(_WORDS), dtype=np.float32)
