"""A server of a moment, as tests start it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from service.settings import Settings


class Served(Protocol):
    """`local_server` with models that are loaded already."""

    def __call__(self, settings: Settings, *, only_asked: bool = False) -> AbstractContextManager[str]:
        """Serve for the time of the context and give the address."""
        ...
