"""The files of an adapter: what may be in its folder, so that nothing else is ever loaded.

An adapter is a configuration and one file of weights, as PEFT writes them: low-rank matrices (LoRA, DoRA), or the
vectors of a virtual prompt (prefix tuning, prompt tuning, P-tuning). The header of the weights is read here first,
with limits, and every option that is on must be one that serving knows: an unknown one would be left out in silence.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from store.errors import DamagedError
from store.json_values import Json, JsonObject

FILES = ("adapter_config.json", "adapter_model.safetensors")
LOW_RANK = ("LORA",)
PREFIX = "PREFIX_TUNING"
VIRTUAL_PROMPTS = (PREFIX, "PROMPT_TUNING", "P_TUNING")
PROMPT_TENSOR = "prompt_embeddings"
_MAX_RANK, _MAX_ALPHA, _MAX_VIRTUAL = 256, 4096, 1024
_CONFIG_BYTES, _HEADER_BYTES = 1 << 20, 4 << 20
_TYPES = {"F32": 4, "F16": 2, "BF16": 2}  # bytes of a number
_PLAIN = re.compile(r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*")
_TENSOR = re.compile(r"base_model\.model\.([A-Za-z0-9_.]+)\.(lora_A\.weight|lora_B\.weight|lora_magnitude_vector)")
# Options that change nothing about what the weights mean, or whose meaning is in the shapes.
_HARMLESS = {
    "base_model_name_or_path", "encoder_dropout", "encoder_hidden_size", "encoder_num_layers",
    "encoder_reparameterization_type", "exclude_modules", "fan_in_fan_out", "inference_mode", "init_weights",
    "layers_pattern", "layers_to_transform", "lora_dropout", "megatron_core", "num_attention_heads", "num_layers",
    "peft_version", "prefix_projection", "prompt_tuning_init", "prompt_tuning_init_text", "qalora_group_size",
    "revision", "task_type", "token_dim", "tokenizer_kwargs", "tokenizer_name_or_path",
}  # fmt: skip
_KNOWN = {
    "peft_type", "r", "lora_alpha", "target_modules", "rank_pattern", "alpha_pattern", "use_rslora", "use_dora", "bias",
    "num_virtual_tokens", "num_transformer_submodules", "init_lora_weights",
}  # fmt: skip
_INITIAL = (None, True, False, "gaussian", "orthogonal")  # others change the base model, which is shared here


@dataclass(frozen=True)
class AdapterShape:
    """What an adapter is: its kind, and for low-rank ones the scale of each module.

    `modules` are the names of the layers that it changes; `virtual` is the number of virtual tokens.
    """

    kind: str
    virtual: int = 0
    magnitudes: bool = False
    scales: Mapping[str, float] = field(default_factory=dict)

    @property
    def modules(self) -> tuple[str, ...]:
        """The names of the layers that it changes, as the base model has them."""
        return tuple(self.scales)


@dataclass(frozen=True)
class _Tensor:
    shape: tuple[int, ...]
    size: int


def check_adapter(folder: Path) -> None:
    """Raise `DamagedError` unless `adapter_shape` says what the adapter in a folder is."""
    adapter_shape(folder)


def adapter_shape(folder: Path) -> AdapterShape:
    """Return what the adapter in a folder is.

    Raises `DamagedError` unless the folder holds an adapter of a kind that can be served, with finite weights that fit
    its configuration, and nothing else.
    """
    from safetensors import SafetensorError, safe_open

    found = {path.name for path in folder.iterdir()} - {"MANIFEST.json"}
    if found != set(FILES):
        raise DamagedError(f"The adapter {folder.name} must hold {sorted(FILES)}, it holds {sorted(found)}.")
    shape = _described(folder, _configuration(folder), _header(folder))
    try:
        with safe_open(folder / FILES[1], framework="pt") as tensors:
            for name in tensors.keys():  # noqa: SIM118  (not a mapping)
                if not bool(tensors.get_tensor(name).isfinite().all()):
                    raise DamagedError(f"The adapter {folder.name} has weights that are not finite in {name}.")
    except SafetensorError as error:
        raise DamagedError(f"The weights of the adapter {folder.name} cannot be read: {error}.") from error
    return shape


def _configuration(folder: Path) -> JsonObject:
    path = folder / FILES[0]
    if path.stat().st_size > _CONFIG_BYTES:
        raise DamagedError(f"The configuration of the adapter {folder.name} has over {_CONFIG_BYTES} bytes.")
    config = _object(path.read_bytes(), f"The configuration of the adapter {folder.name}")
    for name, value in config.items():
        if name not in _KNOWN | _HARMLESS and _is_on(value):
            raise DamagedError(f"The adapter {folder.name} uses {name[:60]!r}, which serving does not know.")
    if config.get("init_lora_weights") not in _INITIAL:
        raise DamagedError(f"The adapter {folder.name} was started in a way that changes its base model.")
    if config.get("bias", "none") != "none" or config.get("num_transformer_submodules", 1) not in (1, None):
        raise DamagedError(f"The adapter {folder.name} trains biases or an encoder, which serving does not know.")
    return config


def _header(folder: Path) -> dict[str, _Tensor]:
    """Return the tensors that the file of weights says it holds, which fill it without gap or overlap."""
    path, named = folder / FILES[1], f"The file of weights of the adapter {folder.name}"
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= _HEADER_BYTES:
            raise DamagedError(f"{named} has a header of {length} bytes; it may have {_HEADER_BYTES}.")
        header = _object(file.read(length), f"{named}, its header,")
    size, spans, found = path.stat().st_size - 8 - length, [], {}
    for name, about in header.items():
        if name == "__metadata__":
            continue
        tensor, begin = _tensor(about, f"{named} describes {name[:100]!r} wrongly")
        spans.append((begin, begin + tensor.size))
        found[name] = tensor
    end = 0
    for begin, after in sorted(spans):
        if begin != end:
            raise DamagedError(f"{named} has tensors with gaps or overlaps.")
        end = after
    if end != size:
        raise DamagedError(f"{named} should hold {end} bytes of weights; it holds {size}.")
    return found


def _tensor(about: Json, wrong: str) -> tuple[_Tensor, int]:
    shape, offsets = (about.get("shape"), about.get("data_offsets")) if isinstance(about, Mapping) else (None, None)
    each = _TYPES.get(str(about.get("dtype"))) if isinstance(about, Mapping) else None
    sizes, places = _counts(shape), _counts(offsets)
    if not sizes or len(places) != 2 or each is None:
        raise DamagedError(f"{wrong}: {', '.join(_TYPES)} with a shape and offsets can be read.")
    begin, end = places
    if math.prod(sizes) * each != end - begin:
        raise DamagedError(f"{wrong}: shape {list(sizes)[:8]} does not have {end - begin} bytes.")
    return _Tensor(sizes, end - begin), begin


def _counts(values: Json) -> tuple[int, ...]:
    """Return a short list of whole numbers, or () if it is none."""
    found = [value for value in values if type(value) is int and value >= 0] if isinstance(values, list) else []
    return tuple(found) if isinstance(values, list) and len(found) == len(values) <= 4 else ()


def _described(folder: Path, config: JsonObject, tensors: Mapping[str, _Tensor]) -> AdapterShape:
    kind = config.get("peft_type")
    if kind in VIRTUAL_PROMPTS:
        return _virtual(folder, str(kind), config, tensors)
    if kind not in LOW_RANK:
        known = ", ".join((*LOW_RANK, *VIRTUAL_PROMPTS))
        raise DamagedError(f"The adapter {folder.name} is of the kind {str(kind)[:60]!r}; served are {known}.")
    return _low_rank(folder, config, tensors)


def _virtual(folder: Path, kind: str, config: JsonObject, tensors: Mapping[str, _Tensor]) -> AdapterShape:
    count = config.get("num_virtual_tokens")
    shape = tensors[PROMPT_TENSOR].shape if set(tensors) == {PROMPT_TENSOR} else ()
    if not isinstance(count, int) or not 1 <= count <= _MAX_VIRTUAL or len(shape) != 2 or shape[0] != count:
        message = f"must hold {PROMPT_TENSOR} of num_virtual_tokens rows, 1 to {_MAX_VIRTUAL}, and nothing else"
        raise DamagedError(f"The adapter {folder.name} {message}: it has {str(count)[:20]} and {list(tensors)[:3]}.")
    return AdapterShape(kind, virtual=count)


def _low_rank(folder: Path, config: JsonObject, tensors: Mapping[str, _Tensor]) -> AdapterShape:
    if not isinstance(config.get("target_modules"), list):  # a string would be used as a regular expression
        raise DamagedError(f"The adapter {folder.name} does not list its target modules.")
    magnitudes = config.get("use_dora") is True
    parts: dict[str, dict[str, tuple[int, ...]]] = {}
    for name, tensor in tensors.items():
        match = _TENSOR.fullmatch(name)
        if match is None:
            raise DamagedError(f"The adapter {folder.name} has a tensor {name[:100]!r}, which is none of LoRA.")
        parts.setdefault(match[1], {})[match[2]] = tensor.shape
    wanted = {"lora_A.weight", "lora_B.weight", *(("lora_magnitude_vector",) if magnitudes else ())}
    scales = {}
    for module, shapes in parts.items():
        rank = _number(folder, config, "r", "rank_pattern", module, _MAX_RANK)
        alpha = _number(folder, config, "lora_alpha", "alpha_pattern", module, _MAX_ALPHA)
        if set(shapes) != wanted or not _fit(shapes, rank):
            raise DamagedError(f"The adapter {folder.name} has no whole matrices of rank {rank:g} for {module}.")
        scales[module] = alpha / (math.sqrt(rank) if config.get("use_rslora") is True else rank)
    if not scales:
        raise DamagedError(f"The adapter {folder.name} has no weights.")
    return AdapterShape("LORA", magnitudes=magnitudes, scales=scales)


def _fit(shapes: Mapping[str, tuple[int, ...]], rank: float) -> bool:
    down, up = shapes["lora_A.weight"], shapes["lora_B.weight"]
    magnitude = shapes.get("lora_magnitude_vector", up[:1])
    return len(down) == len(up) == 2 and down[0] == up[1] == rank and magnitude == up[:1]


def _number(folder: Path, config: JsonObject, name: str, pattern: str, module: str, most: int) -> float:
    """Return a number of one module: what the patterns say of it, else what holds for all."""
    patterns, value = config.get(pattern) or {}, config.get(name)
    if not isinstance(patterns, Mapping) or not all(_PLAIN.fullmatch(key) for key in patterns):
        raise DamagedError(f"The adapter {folder.name} has names in {pattern} that are no names of modules.")
    for key, special in patterns.items():
        if module == key or module.endswith(f".{key}"):
            value = special
    whole = isinstance(value, int) or (name != "r" and isinstance(value, float))
    if not whole or isinstance(value, bool) or not 0 < float(str(value)) <= most:
        raise DamagedError(f"The adapter {folder.name} has {name} {str(value)[:20]}; it can be 1 to {most}.")
    return float(str(value))


def _is_on(value: Json) -> bool:
    """Return whether an option says anything."""
    return any(map(_is_on, value.values())) if isinstance(value, Mapping) else bool(value)


def _object(content: bytes, named: str) -> JsonObject:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DamagedError(f"{named} is no JSON.") from error
    if not isinstance(value, dict):
        raise DamagedError(f"{named} is no JSON object.")
    return value
