"""Rerankers: a second, slower look at the best passages of a search.

One method is all that is asked for. Two are at hand: a cross-encoder of the sentence-transformers kind, and the reader,
whose score of a passage's best answer span says how well the passage answers.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from retriever.models.automatic import Model, floats_of, for_passages
from retriever.models.encoder_files import convert_once, default_cache
from retriever.models.openvino_encoder import batches
from retriever.models.quiet import quiet_transformers
from retriever.models.reference import REFERENCE, known_inputs
from retriever.models.span_reader import Reader
from retriever.settings import RetrieverSettings
from store.errors import InvalidInputError
from store.ids import hashed_id, sha256

if TYPE_CHECKING:
    import torch

_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_LONGEST = 512  # tokens of query and passage
_NOTHING = -50.0  # logits for a passage of which no token was read; finite, so that a score can be sent as JSON


class Reranker(Protocol):
    """Scores passages for a query.

    `weight` says how much of its score is added to that of the search; None: its scores alone decide.
    """

    id: str
    weight: float | None

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """Return a score for each text, larger for better ones; only their order means something."""
        ...


class ReadingReranker:
    """Ranks by the search and the reader's best span together; alone the span lifts whatever sounds like an answer."""

    id = "reader"
    weight: float | None = 0.01  # chosen on the dev parts, docs/decisions

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """See `Reranker`."""
        spans = [reading.best() for reading in self._reader.read(query, texts)]
        return [_NOTHING if span is None else span.score for span in spans]


class CrossEncoder:
    """A sequence classifier with one output, converted to OpenVINO once. One call at a time."""

    weight: float | None = None

    def __init__(self, folder: Path, settings: RetrieverSettings) -> None:
        from tokenizers import Tokenizer

        for name in ("config.json", "tokenizer.json", "model.safetensors"):
            if not (folder / name).is_file():
                raise InvalidInputError(
                    f"The reranker {folder} has no {name}: name the folder of a cross-encoder.",
                    param="retriever.reranker",
                )
        names = ("config.json", "tokenizer.json", "model.safetensors")
        self.id = hashed_id("xen", {name: sha256((folder / name).read_bytes()) for name in names})
        target = (settings.cache or default_cache()) / self.id
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_LONGEST, strategy="longest_first")
        convert_once(lambda: _classifier(folder), known_inputs(self._tokenizer, _INPUTS, pairs=True), target)
        model = Model(target, "The reranker", target / REFERENCE, _LONGEST)
        self._model = model.requests(for_passages(model, settings, floats_of(settings)), 2)
        self._budget = settings.batch_tokens

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """See `Reranker`."""
        encodings = self._tokenizer.encode_batch([(query, text) for text in texts])
        found = [0.0] * len(texts)
        for rows in batches([len(encoding.ids) for encoding in encodings], self._budget):
            longest = max(len(encodings[row].ids) for row in rows)
            inputs = {name: np.zeros((len(rows), longest), dtype=np.int64) for name in _INPUTS}
            for place, row in enumerate(rows):
                size = len(encodings[row].ids)
                inputs["input_ids"][place, :size] = encodings[row].ids
                inputs["token_type_ids"][place, :size] = encodings[row].type_ids
                inputs["attention_mask"][place, :size] = 1
            logits = self._model.infer(inputs)
            for place, row in enumerate(rows):
                found[row] = float(logits[place, 0])
        return found


def load_reranker(settings: RetrieverSettings, reader: Reader) -> Reranker | None:
    """Return the reranker that the settings name: `reader`, the folder of a cross-encoder, or none."""
    if settings.reranker is None:
        return None
    return ReadingReranker(reader) if str(settings.reranker) == "reader" else CrossEncoder(settings.reranker, settings)


def _classifier(folder: Path) -> torch.nn.Module:
    import torch
    from transformers import AutoModelForSequenceClassification

    with quiet_transformers():
        model = AutoModelForSequenceClassification.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, attn_implementation="eager"
        ).eval()
    if model.config.num_labels != 1:
        raise InvalidInputError(
            f"The reranker {folder} has {model.config.num_labels} outputs; one score is needed.",
            param="retriever.reranker",
        )

    takes = inspect.signature(model.forward).parameters

    class Module(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(
            self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
        ) -> torch.Tensor:
            inputs = {"input_ids": input_ids, "attention_mask": attention_mask, "token_type_ids": token_type_ids}
            logits: torch.Tensor = self.model(**{name: inputs[name] for name in inputs if name in takes}).logits
            return logits

    return Module().eval()
