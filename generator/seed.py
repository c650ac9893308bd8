"""The seed model: a small language model that ships with Tandem, so that demos and tests have a real one.

It was trained by this project (tools/seed_model) and is honest about what it can do: see weights/seed/README.md.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

SEED = Path("seed")


def base_model_folder(configured: Path) -> Path:
    """Return the folder of the configured base model; the name `seed` stands for the model that ships with Tandem."""
    return Path(str(files("generator.weights") / "seed")) if configured == SEED else configured
