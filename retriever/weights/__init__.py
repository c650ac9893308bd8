"""Weights that Tandem ships, as differences to MiniLM: each folder has a card, README.md."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path


def shipped(name: str) -> Path:
    """Return the folder of shipped weights, `chinese` or `reader`, or of what is known of `minilm` or `e5-small`."""
    with as_file(files(__name__) / name) as folder:
        return Path(folder)
