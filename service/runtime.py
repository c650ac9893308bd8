"""The composition root: one object that holds the open store, the engine and the worker of a server."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from generator.engine import Engine
from retriever.ingest import waiting_documents
from service.settings import Settings
from service.worker import Worker
from store.domains import list_domains
from store.jobs import create_job, list_jobs
from store.recovery import recover
from store.store import Store

DEFAULT_DOMAIN = "default"  # made in an empty data folder, so that `POST /documents` and `POST /query` work at once


class Runtime:
    """What requests work on. `draining` is true once the server is stopping."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self.store = store
        self.engine = Engine(store, settings.retriever, settings.generator)
        self.worker = Worker(store, settings)
        self.draining = threading.Event()
        self._follower = threading.Thread(target=self._follow, name="follower", daemon=True)

    def start(self) -> None:
        """Begin to run jobs and to follow what they write; documents that a crash left waiting get a job."""
        for domain in list_domains(self.store):
            queued = list_jobs(self.store, "ingest", "queued", domain.id)
            if not queued and waiting_documents(self.store, domain.id):
                create_job(self.store, "ingest", domain.id, {})
        self.worker.start()
        self._follower.start()

    def stop(self) -> None:
        """Stop the worker, write checkpoints and close the store."""
        self.draining.set()
        self.worker.stop()
        self._follower.join()
        self.engine.close()
        self.store.close()

    def _follow(self) -> None:
        while not self.draining.wait(self.settings.service.follow_every_s):
            self.engine.retriever.follow()


@contextmanager
def open_runtime(settings: Settings, url: str) -> Iterator[Runtime]:
    """Own the data folder and give its runtime, running, for the time of the context."""
    store = Store.open(settings.home)
    owner = {"pid": os.getpid(), "host": socket.gethostname(), "url": url}
    with store.folder.lock(owner):
        recover(store)
        runtime = Runtime(settings, store)
        if not list_domains(store):
            runtime.engine.create_domain(DEFAULT_DOMAIN)
        runtime.start()
        try:
            yield runtime
        finally:
            runtime.stop()
