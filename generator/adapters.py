"""The files of an adapter: what may be in its folder, so that nothing else is ever loaded."""

from __future__ import annotations

import json
from pathlib import Path

from store.errors import DamagedError

_FILES = {"adapter_config.json", "adapter_model.safetensors"}
_MAX_RANK = 256


def check_adapter(folder: Path) -> None:
    """Raise `DamagedError` unless the folder holds a plain LoRA adapter with finite weights and nothing else."""
    from safetensors import safe_open

    found = {path.name for path in folder.iterdir()} - {"MANIFEST.json"}
    if found != _FILES:
        raise DamagedError(f"The adapter {folder.name} must hold {sorted(_FILES)}, it holds {sorted(found)}.")
    config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    ranks, modules = [config.get("r"), *(config.get("rank_pattern") or {}).values()], config.get("target_modules")
    if config.get("peft_type") != "LORA" or not all(isinstance(r, int) and 1 <= r <= _MAX_RANK for r in ranks):
        raise DamagedError(f"The adapter {folder.name} is no LoRA of rank 1 to {_MAX_RANK}.")
    if not isinstance(modules, list):  # a string would be used as a regular expression
        raise DamagedError(f"The adapter {folder.name} does not list its target modules.")
    with safe_open(folder / "adapter_model.safetensors", framework="pt") as tensors:
        for name in tensors.keys():  # noqa: SIM118  (not a mapping)
            if not bool(tensors.get_tensor(name).isfinite().all()):
                raise DamagedError(f"The adapter {folder.name} has weights that are not finite in {name}.")
