"""The adapters in memory: loaded at their first need, the least recently used one dropped.

A sequence holds on to its adapter, so one that is dropped stays whole for as long as something is written with it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from generator.adapters import FILES, PREFIX, PROMPT_TENSOR, AdapterShape, adapter_shape
from generator.causal import CausalModel
from generator.decoding.low_rank import Layers
from generator.decoding.network import Adapter
from store.errors import DamagedError

if TYPE_CHECKING:
    import torch


@dataclass
class _Slot:
    turn: threading.Lock = field(default_factory=threading.Lock)
    adapter: Adapter | None = None


class Adapters:
    """The adapters of a base model. Safe to use from many threads; one that is being loaded holds up no other."""

    def __init__(self, model: CausalModel, layers: Layers, folder: Callable[[str], Path], most: int) -> None:
        self._model = model
        self._layers = layers
        self._folder = folder
        self._most = most
        self._slots: OrderedDict[str, _Slot] = OrderedDict()
        self._changing = threading.Lock()

    def get(self, key: str) -> Adapter:
        """Return the adapter of that id. Raises `DamagedError` if it is none, or does not fit the base model."""
        with self._changing:
            slot = self._slots.setdefault(key, _Slot())
            self._slots.move_to_end(key)
            while len(self._slots) > self._most:
                self._slots.popitem(last=False)
        with slot.turn:
            if slot.adapter is None:
                slot.adapter = self._load(self._folder(key))
            return slot.adapter

    def _load(self, folder: Path) -> Adapter:
        shape = adapter_shape(folder)
        if shape.scales:
            return Adapter(layers=self._layers.read(folder, shape))
        return _virtual(folder, shape, self._model)


def _virtual(folder: Path, shape: AdapterShape, model: CausalModel) -> Adapter:
    """Return an adapter of virtual tokens: their embeddings, or for prefix tuning their keys and values themselves."""
    from safetensors.torch import load_file

    embedding = model.get_input_embeddings().weight
    vectors = load_file(folder / FILES[1])[PROMPT_TENSOR].to(embedding.device, _numbers(embedding))
    if shape.kind != PREFIX:
        if vectors.shape[1] != embedding.shape[1]:
            raise _unfit(folder, vectors.shape[1], embedding.shape[1])
        return Adapter(virtual=vectors)
    config = model.config.get_text_config()
    layers = int(getattr(config, "num_hidden_layers"))  # noqa: B009
    heads = int(getattr(config, "num_key_value_heads", None) or getattr(config, "num_attention_heads"))  # noqa: B009
    size = getattr(config, "head_dim", None) or getattr(config, "hidden_size") // getattr(config, "num_attention_heads")  # noqa: B009
    if vectors.shape[1] != layers * 2 * heads * size:
        raise _unfit(folder, vectors.shape[1], layers * 2 * heads * size)
    both = vectors.view(shape.virtual, layers * 2, heads, size).permute(1, 2, 0, 3)[:, None]
    return Adapter(prefix=[(both[2 * layer], both[2 * layer + 1]) for layer in range(layers)])


def _numbers(embedding: torch.Tensor) -> torch.dtype:
    import torch

    return embedding.dtype if embedding.is_floating_point() else torch.float32


def _unfit(folder: Path, given: int, wanted: int) -> DamagedError:
    return DamagedError(
        f"The adapter {folder.name} does not fit the base model: its virtual tokens have {given} numbers, not {wanted}."
    )
