"""Changes to the files of an adapter, as a disk or a stranger might make them."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file


def edit(folder: Path, **changes: object) -> None:
    """Change the configuration."""
    path = folder / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8")


def spoil_weights(folder: Path, change: Callable[[torch.Tensor], torch.Tensor]) -> None:
    """Change the first of the weights."""
    path = folder / "adapter_model.safetensors"
    tensors = load_file(path)
    name = min(tensors)
    save_file({**tensors, name: change(tensors[name]).contiguous()}, path)


def rewrite_header(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change what the file of weights says it holds."""
    path = folder / "adapter_model.safetensors"
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    header.pop("__metadata__", None)
    change(header)
    written = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(written)) + written + content[8 + length :])
