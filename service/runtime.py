"""The composition root: one object that holds the open store, the engine and the worker of a server."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from generator.engine import Engine
from service.settings import Settings
from service.worker import Worker
from store.recovery import recover
from store.store import Store


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
        """Begin to run jobs and to follow what they write."""
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
        runtime.start()
        try:
            yield runtime
        finally:
            runtime.stop()
