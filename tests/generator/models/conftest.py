"""Small models of the three families, built once per session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from families import build_family


@pytest.fixture(scope="session")
def family(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the folder of the small model of a family."""
    built: dict[str, Path] = {}
    root = tmp_path_factory.mktemp("families")

    def folder(name: str) -> Path:
        if name not in built:
            built[name] = build_family(name, root / name)
        return built[name]

    return folder
