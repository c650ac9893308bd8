"""Low-rank adapters beside the layers of a shared base model, chosen row by row.

The base model is never changed. Its adapted layers get a hook, which adds to the outputs of each span of tokens what
the adapter of that span says; so rows of many adapters go through the model together, DoRA ones, too (Hu et al. 2021,
Liu et al. 2024).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from generator.adapters import FILES, AdapterShape
from generator.causal import CausalModel
from store.errors import DamagedError

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class LowRank:
    """What an adapter adds to one layer: `x @ down @ up`, its scale within `up`.

    `factor` is by how much DoRA stretches each output of the layer, less one; None for LoRA.
    """

    down: torch.Tensor
    up: torch.Tensor
    factor: torch.Tensor | None


@dataclass(frozen=True)
class Span:
    """Tokens `[start, end)` of a step, all with the low-rank matrices `layers`, by the name of the layer."""

    start: int
    end: int
    layers: Mapping[str, LowRank]


class Layers:
    """The layers of a base model, and what is added to each in the present step.

    `spans` are for the model's own thread; `read` is safe to call from any.
    """

    def __init__(self, model: CausalModel) -> None:
        self._modules = {name: layer for name, layer in model.named_modules() if name != "lm_head" and _sizes(layer)}
        self.spans: Sequence[Span] = ()
        for name, layer in self._modules.items():
            layer.register_forward_hook(self._hook(name))

    def read(self, folder: Path, shape: AdapterShape) -> dict[str, LowRank]:
        """Return the matrices of an adapter, in the base model's type and on its device.

        Raises `DamagedError` if the base model has no such layers.
        """
        from safetensors.torch import load_file

        tensors = load_file(folder / FILES[1])
        found = {}
        for name, scale in shape.scales.items():
            parts = {
                part: tensors[f"base_model.model.{name}.{part}"]
                for part in ("lora_A.weight", "lora_B.weight", *(["lora_magnitude_vector"] if shape.magnitudes else []))
            }
            found[name] = self._layer(folder.name, name, parts, scale)
        return found

    def _layer(self, adapter: str, name: str, parts: Mapping[str, torch.Tensor], scale: float) -> LowRank:
        import torch

        layer = self._modules.get(name)
        down, up = parts["lora_A.weight"], parts["lora_B.weight"]
        sizes = _sizes(layer)
        if layer is None or sizes is None:
            raise DamagedError(f"The adapter {adapter} does not fit the base model: it changes {name}, no such layer.")
        if (down.shape[1], up.shape[0]) != sizes:
            given, has = f"{down.shape[1]} to {up.shape[0]}", f"{sizes[0]} to {sizes[1]}"
            raise DamagedError(f"The adapter {adapter} does not fit the base model: {name} maps {has}, not {given}.")
        weight = cast("torch.Tensor", layer.weight)
        kind = weight.dtype if weight.is_floating_point() else torch.float32
        factor = None
        if (magnitude := parts.get("lora_magnitude_vector")) is not None:
            whole = _plain_weight(layer).float() + scale * (up.float() @ down.float()).to(weight.device)
            factor = (magnitude.to(weight.device).float() / whole.norm(dim=1) - 1).to(kind)
        matrices = (down.T.contiguous(), (up.T * scale).contiguous())
        down, up = (matrix.to(weight.device, kind) for matrix in matrices)
        return LowRank(down, up, factor)

    def _hook(self, name: str) -> Callable[[torch.nn.Module, tuple[torch.Tensor, ...], torch.Tensor], torch.Tensor]:
        def add(layer: torch.nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> torch.Tensor:
            for span in self.spans:
                if (low_rank := span.layers.get(name)) is not None:
                    _add(layer, low_rank, inputs[0][0, span.start : span.end], output[0, span.start : span.end])
            return output

        return add


def _add(layer: torch.nn.Module, low_rank: LowRank, inputs: torch.Tensor, outputs: torch.Tensor) -> None:
    """Add to the outputs, in place, what the adapter says of the inputs."""
    inner = inputs.to(low_rank.down.dtype) @ low_rank.down
    if low_rank.factor is None:
        outputs.addmm_(inner.to(outputs.dtype), low_rank.up.to(outputs.dtype))
        return
    bias = cast("torch.Tensor | None", getattr(layer, "bias", None))
    straight = outputs if bias is None else outputs - bias
    outputs.add_((straight * low_rank.factor + (inner @ low_rank.up) * (low_rank.factor + 1)).to(outputs.dtype))


def _sizes(layer: torch.nn.Module | None) -> tuple[int, int] | None:
    """Return how many numbers a linear layer takes and gives; None for another layer."""
    import torch

    if isinstance(layer, torch.nn.Linear):
        return layer.in_features, layer.out_features
    weight = getattr(layer, "weight", None)
    if type(layer).__name__ == "Conv1D" and isinstance(weight, torch.Tensor):  # GPT-2's linear layers, turned around
        return weight.shape[0], weight.shape[1]
    return None


def _plain_weight(layer: torch.nn.Module) -> torch.Tensor:
    """Return the weights of a layer, outputs by inputs, whatever it keeps them as."""
    weight = cast("torch.Tensor", layer.weight)
    if type(layer).__name__ == "Conv1D":
        return weight.T
    if not weight.is_floating_point():  # packed in 4 bits
        from bitsandbytes.functional import dequantize_4bit

        return cast("torch.Tensor", dequantize_4bit(weight.data, getattr(weight, "quant_state")))  # noqa: B009
    return weight
