"""What comes after the transformer of a sentence-transformers model: poolings, then dense layers, as modules.json says.

What is not served is refused by name: a module that is left out gives vectors that look right and are wrong.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from store.errors import InvalidInputError
from store.ids import sha256
from store.json_values import Json, JsonObject

if TYPE_CHECKING:
    import torch

_WEIGHTS = "model.safetensors"
_ACTIVATIONS = ("Identity", "Tanh", "ReLU", "GELU", "Sigmoid", "SiLU")
_EMBEDDING = ("sentence_embedding", None)  # what a module reads and writes, if it says so
# In the order in which sentence-transformers joins several.
_POOLINGS = {
    "cls": "pooling_mode_cls_token",
    "max": "pooling_mode_max_tokens",
    "mean": "pooling_mode_mean_tokens",
    "mean_sqrt_len_tokens": "pooling_mode_mean_sqrt_len_tokens",
    "weightedmean": "pooling_mode_weightedmean_tokens",
    "lasttoken": "pooling_mode_lasttoken",
}


@dataclass(frozen=True)
class Dense:
    """A dense layer: `folder` holds its weights; `activation` is the name of a class of `torch.nn`."""

    folder: Path
    inputs: int
    outputs: int
    bias: bool
    activation: str


@dataclass(frozen=True)
class Head:
    """Poolings whose results are joined, and the layers after them, "normalise" among them where it is not the end."""

    poolings: tuple[str, ...]
    layers: tuple[Dense | str, ...] = ()

    @property
    def pooling(self) -> str:
        """The poolings as the configuration of a single one names it, joined by "+"."""
        return "+".join(_POOLINGS[pooling] for pooling in self.poolings)

    @property
    def identity(self) -> list[Json]:
        """All that the layers do to a vector, weights as hashes; empty if there are none."""
        return [
            layer
            if isinstance(layer, str)
            else {
                "dense": [layer.inputs, layer.outputs, layer.bias, layer.activation],
                "weights": sha256((layer.folder / _WEIGHTS).read_bytes()),
            }
            for layer in self.layers
        ]

    def dimension(self, hidden: int) -> int:
        """Return how many numbers a vector has if the transformer's states have `hidden`."""
        sizes = [layer.outputs for layer in self.layers if isinstance(layer, Dense)]
        return sizes[-1] if sizes else hidden * len(self.poolings)


def read_head(folder: Path) -> Head:
    """Return what follows the transformer; `InvalidInputError` names what is not served.

    A last normalisation is left out, since all vectors are made of length one.
    """
    modules = _modules(folder)
    kinds = [kind for kind, _ in modules]
    if kinds[:2] != ["Transformer", "Pooling"] or modules[0][1] != folder:
        raise _refusal(
            folder, f"has the modules {', '.join(kinds)}; served are a transformer, a pooling, dense layers."
        )
    layers: list[Dense | str] = []
    for kind, place in modules[2:]:
        if kind == "Dense":
            layers.append(_dense(folder, place))
        elif kind == "Normalize":
            _check_place(folder, kind, _read(place / "config.json"))
            layers.append("normalise")
        else:
            raise _refusal(folder, f"has a module {kind}; after the pooling only Dense and Normalize are served.")
    while layers and layers[-1] == "normalise":
        layers.pop()
    return Head(_poolings(folder, modules[1][1]), tuple(layers))


def head_module(head: Head) -> torch.nn.Module:
    """Return a torch module from (states, attention mask) to vectors of length one."""
    import torch

    layers = [layer if isinstance(layer, str) else _linear(layer) for layer in head.layers]

    class Module(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.dense = torch.nn.ModuleList([layer for layer in layers if not isinstance(layer, str)])

        def forward(self, states: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            vectors = torch.cat([_pooled(pooling, states, attention_mask) for pooling in head.poolings], dim=-1)
            for layer in layers:
                vectors = torch.nn.functional.normalize(vectors, dim=-1) if isinstance(layer, str) else layer(vectors)
            return torch.nn.functional.normalize(vectors, dim=-1)

    return Module()


def _pooled(pooling: str, states: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
    """Return one vector for each text of states (texts, tokens, hidden); padding is at the end and masked."""
    if pooling == "cls":
        return states[:, 0]
    if pooling == "lasttoken":
        last = attention_mask.sum(1) - 1
        return states.gather(1, last.view(-1, 1, 1).expand(-1, 1, states.shape[-1]))[:, 0]
    mask = attention_mask.unsqueeze(-1).to(states.dtype)
    if pooling == "max":
        return (states * mask + (mask - 1) * 1e9).max(1).values
    if pooling == "weightedmean":
        mask = mask * mask.cumsum(1)
    total, count = (states * mask).sum(1), mask.sum(1).clamp(min=1e-9)
    return total / (count.sqrt() if pooling == "mean_sqrt_len_tokens" else count)


def _linear(layer: Dense) -> torch.nn.Module:
    import torch
    from safetensors.torch import load_file

    linear = torch.nn.Linear(layer.inputs, layer.outputs, bias=layer.bias)
    tensors = load_file(layer.folder / _WEIGHTS)
    linear.load_state_dict({name.removeprefix("linear."): tensor.float() for name, tensor in tensors.items()})
    return torch.nn.Sequential(linear, getattr(torch.nn, layer.activation)())


def _modules(folder: Path) -> list[tuple[str, Path]]:
    """Return kind and folder of each module, in order; a folder that does not say has a transformer and a pooling."""
    path = folder / "modules.json"
    if not path.is_file():
        return [("Transformer", folder), ("Pooling", folder / "1_Pooling")]
    listed = sorted(json.loads(path.read_text(encoding="utf-8")), key=lambda module: int(module["idx"]))
    return [(str(module["type"]).rsplit(".", 1)[-1], folder / module["path"]) for module in listed]


def _poolings(folder: Path, place: Path) -> tuple[str, ...]:
    config = _config(folder, place)
    named = config.get("pooling_mode")
    if named is None:
        flags = {key for key, value in config.items() if key.startswith("pooling_mode_") and value is True}
        poolings = [pooling for pooling, key in _POOLINGS.items() if key in flags]
        unknown = sorted(flags - set(_POOLINGS.values()))
    else:
        poolings = [str(each) for each in named] if isinstance(named, list) else [str(named)]
        unknown = [pooling for pooling in poolings if pooling not in _POOLINGS]
    if unknown or not poolings:
        served = ", ".join(_POOLINGS)
        raise _refusal(folder, f"pools by {', '.join(unknown) or 'nothing'}; served are {served}.")
    if config.get("include_prompt") is False:
        raise _refusal(folder, "leaves prompts out of its pooling (include_prompt), which is not served.")
    return tuple(poolings)


def _dense(folder: Path, place: Path) -> Dense:
    config = _config(folder, place)
    activation = str(config.get("activation_function", "torch.nn.Tanh"))
    name = activation.rsplit(".", 1)[-1]
    if not activation.startswith("torch.nn.") or name not in _ACTIVATIONS:
        raise _refusal(
            folder, f"has a dense layer with the activation {activation}; served are {', '.join(_ACTIVATIONS)}."
        )
    if config.get("use_residual"):
        raise _refusal(folder, "has a dense layer with a residual connection, which is not served.")
    _check_place(folder, "Dense", config)
    if not (place / _WEIGHTS).is_file():
        raise _refusal(folder, f"has a dense layer without {_WEIGHTS}: save the model again with safetensors.")
    return Dense(
        place, _size(config, "in_features"), _size(config, "out_features"), bool(config.get("bias", True)), name
    )


def _size(config: JsonObject, name: str) -> int:
    return int(str(config[name]))


def _check_place(folder: Path, kind: str, config: JsonObject) -> None:
    if {config.get("module_input_name"), config.get("module_output_name")} - set(_EMBEDDING):
        raise _refusal(folder, f"has a module {kind} that works on something else than the sentence: not served.")


def _config(folder: Path, place: Path) -> JsonObject:
    path = place / "config.json"
    if not path.is_file():
        name = path.relative_to(folder)
        raise _refusal(folder, f"has no {name}: name the folder of a sentence-transformers model.")
    return _read(path)


def _read(path: Path) -> JsonObject:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def _refusal(folder: Path, sentence: str) -> InvalidInputError:
    return InvalidInputError(f"The encoder {folder} {sentence}", param="retriever.encoder")
