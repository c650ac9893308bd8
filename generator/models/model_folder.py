"""Whether a folder holds a causal model that is whole: a look at configurations and at the heads of files, no more.

Neither torch nor transformers is needed, so that a wrong setting is named at once and not when a question comes.
"""

from __future__ import annotations

import json
from pathlib import Path

from store.errors import DamagedError, InvalidInputError

_CAUSAL = ("ForCausalLM", "LMHeadModel", "ForConditionalGeneration")
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "spiece.model", "tiktoken.model")
_INDEX, _WEIGHTS = "model.safetensors.index.json", "model.safetensors"
_LONGEST_HEAD = 100_000_000
_SETTING = "generator.base_model"


def check_model_folder(folder: Path) -> None:
    """Raise `InvalidInputError` if a folder is no causal model, `DamagedError` if part of one is missing."""
    config = folder / "config.json"
    if not config.is_file():
        files = sorted(path.name for path in folder.glob("*.gguf"))
        hint = f" Name its file: {folder / files[0]}." if files else ""
        raise _no_model(folder, f"it has no config.json.{hint}")
    architectures = _object(config).get("architectures") or []
    names = [str(name) for name in architectures] if isinstance(architectures, list) else []
    if names and not any(name.endswith(_CAUSAL) for name in names):
        raise _no_model(folder, f"its config.json says {', '.join(names)}, which writes no text.")
    for path in _weights(folder):
        _check_length(path)
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        raise DamagedError(f"{folder} has no tokenizer ({', '.join(_TOKENIZERS[:3])}): a part of the model is missing.")


def _weights(folder: Path) -> list[Path]:
    """Return the files of weights that there have to be."""
    index = folder / _INDEX
    if index.is_file():
        shards = _object(index).get("weight_map")
        names = sorted({str(name) for name in shards.values()}) if isinstance(shards, dict) else []
        paths = [folder / name for name in names if Path(name).name == name]
    else:
        paths = [folder / _WEIGHTS]
    missing = [path.name for path in paths if not path.is_file()]
    if missing and any(folder.glob("*.bin")):
        message = f"{folder} has its weights as pickles (*.bin), which can run code: convert them to safetensors."
        raise InvalidInputError(message, param=_SETTING)
    if missing or not paths:
        half = [path.name for path in folder.iterdir() if path.name.endswith((".incomplete", ".part"))]
        there = f" There is {half[0]}, half of a download." if half else ""
        raise DamagedError(
            f"{folder} lacks {', '.join(missing) or _WEIGHTS}: it is half of a model.{there} Get it anew."
        )
    return paths


def _check_length(path: Path) -> None:
    """Compare the length of a file of safetensors with what its head says."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > min(size - 8, _LONGEST_HEAD):
            raise DamagedError(f"{path} has {size} bytes, which hold no safetensors: it was not written to its end.")
        head = file.read(length)
    try:
        tensors = [value for name, value in json.loads(head).items() if name != "__metadata__"]
        wanted = 8 + length + max((int(value["data_offsets"][1]) for value in tensors), default=0)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise DamagedError(f"The head of {path} cannot be read: {error}.") from error
    if size != wanted:
        raise DamagedError(f"{path} has {size} bytes, its head says {wanted}: half of a download? Get it anew.")


def _object(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise DamagedError(f"{path} cannot be read: {error}.") from error
    if not isinstance(content, dict):
        raise DamagedError(f"{path} holds no JSON object.")
    return content


def _no_model(folder: Path, reason: str) -> InvalidInputError:
    return InvalidInputError(f"{folder} is no folder of a causal model: {reason}", param=_SETTING)
