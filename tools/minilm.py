"""MiniLM prepared for training an extension: some CJK rows and all layers change, English word embeddings stay."""

from __future__ import annotations

import math
import time
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import AutoModel

from retriever.models.delta import read_delta, write_delta
from retriever.models.encoder import default_encoder
from retriever.models.extension import ROWS, character_rows, extended_tokenizer, read_characters


class CharacterEmbedding(nn.Module):
    """Word embeddings whose CJK rows are trained and whose other rows are frozen."""

    def __init__(self, frozen: nn.Embedding, rows: list[int], size: int) -> None:
        super().__init__()
        self.frozen = frozen.requires_grad_(requires_grad=False)
        self.padding_idx = frozen.padding_idx
        weight = torch.randn(len(rows), frozen.embedding_dim) * frozen.weight.std()
        known = [(place, row) for place, row in enumerate(rows) if row < frozen.num_embeddings]
        weight[[place for place, _ in known]] = frozen.weight[[row for _, row in known]].clone()
        self.rows = nn.Parameter(weight)
        places = torch.full((size,), -1)
        places[rows] = torch.arange(len(rows))
        self.register_buffer("places", places)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Return the embeddings (..., dimension) of token ids."""
        places = self.places[ids]  # type: ignore[index]
        frozen = self.frozen(torch.where(places < 0, ids, 0))
        return torch.where((places < 0).unsqueeze(-1), frozen, self.rows[places.clamp(min=0)])


def build(characters: Path, start: Path | None = None) -> tuple[nn.Module, Tokenizer, dict[str, torch.Tensor]]:
    """Return MiniLM with trainable rows for the characters, the tokenizer that knows them, and a head's tensors.

    With `start`, the folder of an extension, the weights are those of the extension and the head is its head; its
    characters must stand first in `characters`, in the same order.
    """
    folder = default_encoder()
    added = characters.read_text(encoding="utf-8").split()
    tokenizer = extended_tokenizer(folder, added)
    model = AutoModel.from_pretrained(
        folder, local_files_only=True, attn_implementation="sdpa", attention_probs_dropout_prob=0.0
    )
    model.embeddings.word_embeddings = CharacterEmbedding(
        model.embeddings.word_embeddings, character_rows(tokenizer, added), tokenizer.get_vocab_size()
    )
    model.embeddings.position_embeddings.requires_grad_(requires_grad=False)
    model.embeddings.token_type_embeddings.requires_grad_(requires_grad=False)
    if model.pooler is not None:
        model.pooler.requires_grad_(requires_grad=False)
    return model, tokenizer, _started(model, tokenizer, added, start) if start else {}


def _started(model: nn.Module, tokenizer: Tokenizer, added: list[str], start: Path) -> dict[str, torch.Tensor]:
    """Put the weights of an extension into a model; return what else its delta holds."""
    known = read_characters(start)
    if added[: len(known)] != known:
        raise ValueError(f"The {len(known)} characters of {start} are not the first ones of the given characters.")
    changes = {name: torch.from_numpy(change) for name, change in read_delta(start / "delta.safetensors").items()}
    places = {row: place for place, row in enumerate(character_rows(tokenizer, added))}
    own = character_rows(extended_tokenizer(default_encoder(), known), known)
    with torch.no_grad():
        model.embeddings.word_embeddings.rows[[places[row] for row in own]] = changes.pop(ROWS)
        for name, parameter in model.named_parameters():
            if name in changes:
                parameter.add_(changes.pop(name))
    return changes


def save(model: nn.Module, target: Path, head: dict[str, torch.Tensor]) -> None:
    """Write what training changed, and the tensors of a head, as a delta to MiniLM."""
    before = dict(AutoModel.from_pretrained(default_encoder(), local_files_only=True).named_parameters())
    changes: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]] = {}
    for name, parameter in model.named_parameters():
        if name.endswith("word_embeddings.rows"):
            changes[ROWS] = parameter.detach().numpy()
        elif parameter.requires_grad:
            changes[name] = (parameter - before[name]).detach().numpy()
    exact = {name: tensor.detach().float().numpy() for name, tensor in head.items()}
    write_delta(target, changes | exact, exact)


class Schedule:
    """A learning rate that rises, holds and falls linearly within a time budget in seconds."""

    def __init__(self, optimizer: torch.optim.Optimizer, budget_s: float, spent_s: float = 0.0) -> None:
        self._optimizer = optimizer
        self._peaks = [group["lr"] for group in optimizer.param_groups]
        self._budget = budget_s
        self._start = time.monotonic() - spent_s

    @property
    def share(self) -> float:
        """The share of the budget that is spent, 0 to 1."""
        return min(1.0, (time.monotonic() - self._start) / self._budget)

    def update(self) -> None:
        """Set the learning rates for now."""
        warm = min(1.0, self.share / 0.03)
        fall = 0.5 * (1 + math.cos(math.pi * self.share))
        for group, peak in zip(self._optimizer.param_groups, self._peaks, strict=True):
            group["lr"] = peak * min(warm, 0.02 + 0.98 * fall)
