"""Causal language models of local folders: tokenizer and model, loaded without running what they bring along."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from generator.chat import usable_template
from generator.tokenizing import Tokenizer
from retriever.models.quiet import quiet_transformers
from store.errors import ConflictError

if TYPE_CHECKING:
    import torch


class TextConfig(Protocol):
    """The configuration of the text part of a model; `max_position_embeddings` may be missing."""


class ModelConfig(Protocol):
    """The configuration of a model."""

    _attn_implementation: str

    def get_text_config(self) -> TextConfig:
        """Return that of its text part."""
        ...


class Output(Protocol):
    """What a model returns; `logits` has a row of each token that they were asked for."""

    logits: torch.Tensor


class GenerationConfig(Protocol):
    """How a model is meant to write: `eos_token_id` are the tokens that end a text."""

    eos_token_id: int | list[int] | None


class CausalModel(Protocol):
    """What is used of a causal model of transformers."""

    config: ModelConfig
    generation_config: GenerationConfig

    def __call__(self, **arguments: object) -> Output:
        """Run the model."""
        ...

    def named_modules(self) -> Iterator[tuple[str, torch.nn.Module]]:
        """Yield its parts with their names."""
        ...

    def get_input_embeddings(self) -> torch.nn.Embedding:
        """Return the part that turns tokens into vectors."""
        ...

    def set_attn_implementation(self, attn_implementation: str) -> None:
        """Choose how attention is computed."""
        ...


def load_tokenizer(folder: Path) -> Tokenizer:
    """Return the tokenizer of a local folder; its chat template takes a system text, see `generator.chat`.

    Raises `ConflictError` that names the model and what is wrong with it if it cannot be used.
    """
    from transformers import AutoTokenizer

    with _loading(folder):
        tokenizer: Tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        tokenizer.chat_template = usable_template(tokenizer.chat_template)
    return tokenizer


@dataclass(frozen=True)
class Form:
    """How a model is kept: its type of numbers, by the name that torch gives it, its device, and whether in 4 bits."""

    dtype: str = "float32"
    device: str = "cpu"
    four_bit: bool = False


def load_causal(folder: Path, form: Form = Form()) -> tuple[Tokenizer, CausalModel]:
    """Return tokenizer and model of a local folder; no remote code, no pickle.

    Raises `ConflictError` that names the model and what is wrong with it if it cannot be used.
    """
    import torch
    from transformers import AutoModelForCausalLM

    tokenizer = load_tokenizer(folder)
    dtype = getattr(torch, form.dtype)
    with _loading(folder):
        model = AutoModelForCausalLM.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, dtype=dtype, **_kept(form, dtype)
        ).eval()
        loaded: CausalModel = model if form.four_bit else model.to(form.device)
    return tokenizer, loaded


def _kept(form: Form, dtype: torch.dtype) -> dict[str, object]:
    """Return what loading is told for a model in 4 bits; nothing for another."""
    if not form.four_bit:
        return {}
    if find_spec("bitsandbytes") is None:
        raise ConflictError("generator.four_bit needs bitsandbytes: pip install 'tandem-rag[four-bit]'")
    from transformers import BitsAndBytesConfig

    kept = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype)
    return {"quantization_config": kept, "device_map": {"": form.device}}


@contextmanager
def _loading(folder: Path) -> Iterator[None]:
    """Turn whatever a library says of unusable files into a `ConflictError` that names the model."""
    from safetensors import SafetensorError

    try:
        with quiet_transformers():
            yield
    except ConflictError as error:
        raise _unusable(folder, error.message) from error
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, ImportError, SafetensorError) as error:
        raise _unusable(folder, f"{type(error).__name__}: {' '.join(str(error).split())[:300]}") from error


def _unusable(folder: Path, reason: str) -> ConflictError:
    return ConflictError(f"The base model {folder.name} cannot be used: {reason}.", code="unusable_base_model")


def context_length(tokenizer: Tokenizer, config: ModelConfig) -> int:
    """Return how many tokens a model takes: what its configuration says, else its tokenizer, else 2048."""
    configured = getattr(config.get_text_config(), "max_position_embeddings", None)
    own = configured or tokenizer.model_max_length
    return int(own) if own and own < 10**9 else 2048  # tokenizers write 10^30 for "no limit"
