"""A sentence-transformers model in torch, for GPUs: see `retriever.openvino_encoder` for CPUs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from retriever.encoder import Vectors
from retriever.encoder_files import EncoderFiles, pooled_model, whole_tokenizer
from retriever.finite import finite
from retriever.openvino_encoder import batches, padded
from retriever.settings import RetrieverSettings

_WAY_OUT = 'Set retriever.device to "cpu", or check the weights.'


class TorchEncoder:
    """See `retriever.encoder.Encoder`. Safe to use from many threads: the model only reads its weights."""

    def __init__(self, files: EncoderFiles, settings: RetrieverSettings, device: str) -> None:
        from tokenizers import Tokenizer

        self.space_id = files.space_id
        self.max_tokens = files.max_tokens
        self._files = files
        self._batch_tokens = settings.batch_tokens
        self._device = device
        self._model = pooled_model(files, attention="sdpa").to(device)
        self.dimension = int(self._model.model.config.hidden_size)
        self._tokenizer = Tokenizer.from_file(str(files.folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(files.max_tokens)
        self._tokenizer.no_padding()
        self._whole = whole_tokenizer(files.folder)

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

    def _encode(self, texts: Sequence[str]) -> Vectors:
        import torch

        result = np.empty((len(texts), self.dimension), dtype=np.float32)
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        with torch.inference_mode():
            for rows in batches([len(ids) for ids in tokens], self._batch_tokens):
                ids, mask = (torch.from_numpy(part).to(self._device) for part in padded([tokens[row] for row in rows]))
                result[rows] = self._model(ids, mask).float().cpu().numpy()
        return finite(result, f"The encoder, computing by torch on the device {self._device},", _WAY_OUT)
