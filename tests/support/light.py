"""A server in this process, without models and jobs: for what is said of requests before a model is asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fakes import HashEncoder, WordReader
from starlette.testclient import TestClient

from generator.engine import Engine
from generator.settings import GeneratorSettings
from retriever.settings import RetrieverSettings
from service.http.app import create_app
from service.http.server import HttpServer, bind
from service.jobs.kinds import queue_job
from service.keyring import Keyring
from service.metrics import Metrics
from service.settings import ServiceSettings, Settings
from store.jobs import Job
from store.json_values import JsonObject
from store.store import Store


class LightRuntime:
    """What routes take of a runtime."""

    def __init__(self, home: Path, store: Store, api_key: str | None = None, **service: Any) -> None:
        self.settings = Settings(home=home, api_key=api_key, service=ServiceSettings(**service))
        self.draining = threading.Event()
        self.store = store
        self.keys = Keyring(store, api_key)
        self.metrics = Metrics()
        self.engine = Engine(store, RetrieverSettings(), GeneratorSettings(), HashEncoder(), WordReader())
        self.engine.create_domain("default")

    def queue(self, kind: str, domain_id: str, params: JsonObject) -> Job:
        """Return a job that nobody runs."""
        return queue_job(self.store, kind, domain_id, params)

    def failures(self) -> list[str]:
        """Say that nothing fails in the background, where nothing runs."""
        return []


def light_client(home: Path, store: Store) -> TestClient:
    """Return a client of an application on this store, with a domain `default`."""
    application = create_app(LightRuntime(home, store))  # type: ignore[arg-type]
    return TestClient(application, base_url="http://127.0.0.1")


@contextmanager
def light_server(home: Path, store: Store, api_key: str | None = None, **service: Any) -> Iterator[tuple[str, Engine]]:
    """Serve such an application over real connections; give the address and its engine."""
    runtime = LightRuntime(home, store, api_key, **service)
    application = create_app(runtime)  # type: ignore[arg-type]
    server = HttpServer(application, runtime.settings.service, draining=runtime.draining)
    with bind("127.0.0.1", 0) as listener, server.running(listener) as url:
        yield url, runtime.engine
