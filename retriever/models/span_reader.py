"""The reader: where in a passage the answer stands, and how much surer that is than that none is there.

MiniLM with two logits per token (the answer begins here, ends here), as Devlin et al. 2019 read SQuAD; the first token
stands for "no answer here" (SQuAD 2.0, Rajpurkar et al. 2018). The weights are a delta to the default encoder's, see
`retriever.weights`; they read English and Chinese.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from retriever.models.automatic import Model, floats_of, for_passages
from retriever.models.encoder_files import convert_once, default_cache, default_encoder
from retriever.models.extension import extended_model, extended_tokenizer, read_characters
from retriever.models.openvino_encoder import batches
from retriever.models.reference import REFERENCE, known_inputs
from retriever.settings import RetrieverSettings
from retriever.weights import shipped
from store.ids import hashed_id, sha256

if TYPE_CHECKING:
    import torch
    from tokenizers import Encoding

_LONGEST = 320  # tokens of question and passage together
_QUESTION = 128  # tokens of the question
_SPAN = 40  # tokens of the longest answer
_MOST = 4000  # characters of the question that are looked at
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


@dataclass(frozen=True)
class Span:
    """A piece `[start, end)` of a passage, in characters; `score` > 0: surer than that the passage has no answer."""

    start: int
    end: int
    score: float


@dataclass(frozen=True)
class Reading:
    """What the reader thinks of each token of a passage: offsets (tokens, 2), logits (tokens), `nothing`: no answer."""

    offsets: npt.NDArray[np.int64]
    starts: npt.NDArray[np.float32]
    ends: npt.NDArray[np.float32]
    nothing: float

    def best(self, start: int = 0, end: int | None = None) -> Span | None:
        """Return the best span between two characters of the passage; None if no token that was read lies there."""
        inside = self.offsets[:, 0] >= start
        if end is not None:
            inside &= self.offsets[:, 1] <= end
        places = np.flatnonzero(inside)
        if not len(places):
            return None
        sums = self.starts[places][:, None] + self.ends[places][None, :]
        length = places[None, :] - places[:, None]
        sums = np.where((length >= 0) & (length < _SPAN), sums, -np.inf)
        first, last = divmod(int(np.argmax(sums)), len(places))
        score = float(sums[first, last]) - self.nothing
        return Span(int(self.offsets[places[first], 0]), int(self.offsets[places[last], 1]), score)


class Reader(Protocol):
    """Reads passages for an answer."""

    def read(self, question: str, passages: Sequence[str]) -> list[Reading]:
        """Return a reading of each passage, in the order of the passages."""
        ...


def reader_id(folder: Path) -> str:
    """Return the id of a reader: a hash of its weights."""
    files = ("characters.txt", "delta.safetensors")
    return hashed_id("rdr", {name: sha256((folder / name).read_bytes()) for name in files})


class OpenVinoReader:
    """The shipped reader. Safe to use from many threads."""

    def __init__(self, settings: RetrieverSettings, folder: Path | None = None) -> None:
        given, folder = folder, folder or shipped("reader")
        base = default_encoder()
        self.id = reader_id(folder)
        target = (settings.cache or default_cache()) / self.id
        self._whole = extended_tokenizer(base, read_characters(folder))
        self._tokenizer = extended_tokenizer(base, read_characters(folder))
        self._tokenizer.enable_truncation(_LONGEST, strategy="only_second")
        convert_once(lambda: reader_module(base, folder), known_inputs(self._tokenizer, INPUTS, pairs=True), target)
        model = Model(target, "The reader", (target if given else folder) / REFERENCE, _LONGEST)
        self._model = model.requests(for_passages(model, settings, floats_of(settings)), 2)
        self._budget = settings.batch_tokens

    def read(self, question: str, passages: Sequence[str]) -> list[Reading]:
        """See `Reader`. A question is cut after 128 tokens, a passage after what fits beside it."""
        if not passages:
            return []
        asked = self._cut(question)
        pairs = [(asked, passage) for passage in passages]
        encodings = self._tokenizer.encode_batch(pairs)
        readings: dict[int, Reading] = {}
        for rows in batches([len(encoding.ids) for encoding in encodings], self._budget):
            logits = self._infer([encodings[row] for row in rows])
            readings |= {row: _reading(own, encodings[row]) for row, own in zip(rows, logits, strict=True)}
        return [readings[row] for row in range(len(passages))]

    def _cut(self, question: str) -> str:
        """Return what fits of a question: the tokenizer fails on a pair whose first part alone is too long."""
        offsets = self._whole.encode(question[:_MOST], add_special_tokens=False).offsets
        return question[:_MOST] if len(offsets) <= _QUESTION else question[: offsets[_QUESTION - 1][1]]

    def _infer(self, encodings: Sequence[Encoding]) -> npt.NDArray[np.float32]:
        longest = max(len(encoding.ids) for encoding in encodings)
        ids, mask, types = (np.zeros((len(encodings), longest), dtype=np.int64) for _ in INPUTS)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding.ids)] = encoding.ids
            types[row, : len(encoding.ids)] = encoding.type_ids
            mask[row, : len(encoding.ids)] = 1
        return self._model.infer(dict(zip(INPUTS, (ids, mask, types), strict=True)))


def _reading(logits: npt.NDArray[np.float32], encoding: Encoding) -> Reading:
    inside = [place for place, part in enumerate(encoding.sequence_ids) if part == 1]
    offsets = np.array([encoding.offsets[place] for place in inside], dtype=np.int64).reshape(-1, 2)
    return Reading(offsets, logits[inside, 0], logits[inside, 1], float(logits[0].sum()))


def reader_module(base: Path, folder: Path) -> torch.nn.Module:
    """Return the reader as a torch module: (ids, mask, types), each (batch, tokens), to logits (batch, tokens, 2)."""
    import torch

    model, head = extended_model(base, folder)

    class Module(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model
            self.weight = torch.nn.Parameter(head["head.weight"])
            self.bias = torch.nn.Parameter(head["head.bias"])

        def forward(
            self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
        ) -> torch.Tensor:
            states = self.model(
                input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
            ).last_hidden_state
            return torch.nn.functional.linear(states, self.weight, self.bias)

    return Module().eval()
