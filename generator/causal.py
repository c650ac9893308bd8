"""Causal language models of local folders: tokenizer and model, loaded without running what they bring along."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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

    def get_text_config(self) -> TextConfig:
        """Return that of its text part."""
        ...


class CausalModel(Protocol):
    """What is used of a causal model of transformers, bare or with adapters of PEFT."""

    config: ModelConfig

    def generate(self, **arguments: object) -> torch.Tensor:
        """Return the prompt with its continuation, a row for each row of `input_ids`."""
        ...


class AdaptedModel(CausalModel, Protocol):
    """A causal model with at least one adapter of PEFT."""

    def load_adapter(self, folder: str, *, adapter_name: str) -> object:
        """Load one more adapter."""
        ...

    def delete_adapter(self, adapter_name: str) -> None:
        """Drop an adapter."""
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


def load_causal(folder: Path) -> tuple[Tokenizer, CausalModel]:
    """Return tokenizer and model of a local folder, in float32 on the CPU; no remote code, no pickle.

    Raises `ConflictError` that names the model and what is wrong with it if it cannot be used.
    """
    import torch
    from transformers import AutoModelForCausalLM

    tokenizer = load_tokenizer(folder)
    with _loading(folder):
        model: CausalModel = AutoModelForCausalLM.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, dtype=torch.float32
        ).eval()
    return tokenizer, model


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
