"""A sentence-transformers model in torch, for GPUs: see `retriever.models.openvino_encoder` for CPUs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from retriever.models.encoder import Vectors
from retriever.models.encoder_files import EncoderFiles, pooled_model
from retriever.models.finite import finite
from retriever.models.openvino_encoder import batches, padded
from retriever.models.reference import REFERENCE, TOLERANCE, Reference, Tokens
from retriever.settings import RetrieverSettings
from retriever.weights import shipped
from store.errors import ComputationError

_WAY_OUT = 'Set retriever.device to "cpu", or check the weights.'


class TorchEncoder:
    """See `retriever.encoder.Encoder`. Safe to use from many threads: the model only reads its weights."""

    def __init__(self, files: EncoderFiles, settings: RetrieverSettings, device: str) -> None:
        self.space_id = files.space_id
        self.max_tokens = files.max_tokens
        self._files = files
        self._batch_tokens = settings.batch_tokens
        self._device = device
        self._what = f"The encoder, computing by torch on the device {device},"
        self._model = pooled_model(files, attention="sdpa").to(device)
        self.dimension = cast("int", self._model.dimension)
        self._whole = files.tokenizer
        if files.is_default:
            self._check(Reference.read(shipped("minilm") / REFERENCE))

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """See `Encoder`."""
        return self._encode([self._files.passage_prefix + text for text in texts])

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """See `Encoder`."""
        return self._encode([self._files.query_prefix + text for text in texts])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See `Encoder`."""
        return [len(encoding.ids) for encoding in self._whole.encode_batch(list(texts))]

    def unknown_share(self, text: str) -> float:
        """See `Encoder`."""
        ids = self._whole.encode(text, add_special_tokens=False).ids
        unknown = self._files.unknown_id
        return ids.count(unknown) / len(ids) if ids and unknown is not None else 0.0

    def trust(self, text: str) -> float:
        """See `Encoder`."""
        del text
        return 1.0

    @property
    def computing(self) -> dict[str, str]:
        """How passages and questions are computed, for people."""
        return dict.fromkeys(("passages", "questions"), f"f32 by torch, {self._device}") | {"precision": "f32"}

    def _check(self, known: Reference) -> None:
        off = known.error(lambda inputs: self._vectors(inputs["input_ids"], inputs["attention_mask"]))
        if off > TOLERANCE["f32"]:
            message = f"computes a known text wrongly, by {off:.3g} where {TOLERANCE['f32']} is allowed."
            raise ComputationError(f"{self._what} {message} {_WAY_OUT}")

    def _encode(self, texts: Sequence[str]) -> Vectors:
        result = np.empty((len(texts), self.dimension), dtype=np.float32)
        tokens = self._files.token_ids(texts)
        for rows in batches([len(ids) for ids in tokens], self._batch_tokens):
            result[rows] = self._vectors(*padded([tokens[row] for row in rows]))
        return result

    def _vectors(self, ids: Tokens, mask: Tokens) -> Vectors:
        import torch

        with torch.inference_mode():
            given = (torch.from_numpy(part).to(self._device) for part in (ids, mask))
            vectors: Vectors = self._model(*given).float().cpu().numpy()
        return finite(vectors, self._what, _WAY_OUT)
