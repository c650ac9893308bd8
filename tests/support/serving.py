"""A server of a moment, as tests start it."""

from __future__ import annotations

import shutil
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from service.http.server import local_server
from service.runtime import Loaded
from service.settings import Settings


class Served(Protocol):
    """`local_server` with models that are loaded already."""

    def __call__(self, settings: Settings, *, only_asked: bool = False) -> AbstractContextManager[str]:
        """Serve for the time of the context and give the address."""
        ...


@dataclass(frozen=True)
class Serving:
    """Serves with these models; a data folder that is not there yet begins as a copy of `empty`, which has tables."""

    loaded: Loaded
    empty: Path

    def __call__(self, settings: Settings, *, only_asked: bool = False) -> AbstractContextManager[str]:
        """Serve for the time of the context and give the address."""
        if not settings.home.exists():
            shutil.copytree(self.empty, settings.home)
        return local_server(settings, only_asked=only_asked, loaded=self.loaded)
