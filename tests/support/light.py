"""A server in this process, without models and jobs: for what is said of requests before a model is asked."""

from __future__ import annotations

from pathlib import Path

from fakes import HashEncoder, WordReader
from starlette.testclient import TestClient

from generator.engine import Engine
from generator.settings import GeneratorSettings
from retriever.settings import RetrieverSettings
from service.app import create_app
from service.settings import Settings
from store.store import Store


class LightRuntime:
    """What routes take of a runtime."""

    def __init__(self, home: Path, store: Store) -> None:
        self.settings = Settings(home=home)
        self.store = store
        self.engine = Engine(store, RetrieverSettings(), GeneratorSettings(), HashEncoder(), WordReader())
        self.engine.create_domain("default")


def light_client(home: Path, store: Store) -> TestClient:
    """Return a client of an application on this store, with a domain `default`."""
    application = create_app(LightRuntime(home, store))  # type: ignore[arg-type]
    return TestClient(application, base_url="http://127.0.0.1")
