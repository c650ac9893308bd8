"""GGUF files as folders of transformers models: converted in a process of their own, which gives its memory back."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from store.errors import DamagedError, InvalidInputError

_TOLD = 400  # characters of what a failed conversion said


def convert(source: Path, folder: Path) -> None:
    """Write config, tokenizer and bfloat16 weights of a GGUF file into an empty folder.

    Raises `InvalidInputError` if the file cannot be used, with the reason.
    """
    check_gguf(source)
    command = [sys.executable, "-m", "generator.models.gguf", str(source.resolve()), str(folder)]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, env=environment
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()
        reason = said[-1][-_TOLD:] if said else f"its process ended with {done.returncode}"
        raise InvalidInputError(
            f"{source} cannot be converted: {reason}", code="unusable_gguf", param="generator.base_model"
        )


def check_gguf(source: Path) -> None:
    """Raise `DamagedError` if a file does not begin as GGUF files do."""
    with source.open("rb") as file:
        begin = file.read(4)
    if begin != b"GGUF":
        raise DamagedError(f"{source} begins with {begin!r}, not with GGUF: it is no GGUF file, or half of one.")
