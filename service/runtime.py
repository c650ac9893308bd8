"""The composition root: one object that holds the open store, the engine and the worker of a server."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from generator.engine import Engine
from retriever.documents.ingest import waiting_documents
from retriever.documents.recutting import is_outdated
from retriever.models.encoder import Encoder
from retriever.models.span_reader import Reader
from service.jobs.ingest import INGEST
from service.jobs.kinds import queue_job
from service.jobs.worker import Worker
from service.keyring import Keyring
from service.loop import Loop
from service.metrics import Metrics
from service.settings import Settings
from store.awaited import count_awaited
from store.domains import list_domains
from store.jobs import Job
from store.json_values import JsonObject
from store.recovery import recover
from store.store import Store

DEFAULT_DOMAIN = "default"  # made in an empty data folder, so that `POST /documents` and `POST /query` work at once


@dataclass(frozen=True)
class Loaded:
    """Models that are in memory already, for the next server of a process; they must be those of its settings."""

    encoder: Encoder
    reader: Reader


class Runtime:
    """What requests work on. `draining` is set once the server is stopping.

    With `only_asked` it runs only the jobs that its own requests ask for. Models that are not `loaded` are loaded.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        keys: Keyring,
        *,
        only_asked: bool = False,
        loaded: Loaded | None = None,
    ) -> None:
        self.settings = settings
        self.store = store
        self.keys = keys
        self.metrics = Metrics()
        encoder, reader = (loaded.encoder, loaded.reader) if loaded else (None, None)
        self.engine = Engine(store, settings.retriever, settings.generator, encoder, reader)
        self.draining = threading.Event()
        self.worker = Worker(store, settings, self.draining, only_asked=only_asked)
        self._stale: dict[str, str] = {}  # domain id -> why its index is behind
        self._follower = Loop("follower", self._follow, settings.service.follow_every_s)

    def start(self) -> None:
        """Begin to run jobs and to follow what they write.

        Documents that a crash left waiting or without some of their vectors, or that an earlier version cut, get a job.
        """
        space_id = self.engine.retriever.encoder.space_id
        for domain in list_domains(self.store):
            outdated = is_outdated(self.store, domain.id, self.settings.retriever.chunker)
            awaited = count_awaited(self.store, domain.id, space_id)
            if outdated or awaited or waiting_documents(self.store, domain.id):
                queue_job(self.store, INGEST.name, domain.id, {})
        self.worker.start()
        self._follower.start()
        self.keys.start()

    def queue(self, kind: str, domain_id: str, params: JsonObject) -> Job:
        """Return a job of this kind that will run, as `service.jobs.kinds` says; one that waits may be taken."""
        job = queue_job(self.store, kind, domain_id, params)
        self.worker.ask(job.id)
        return job

    def failures(self) -> list[str]:
        """Return what of the background work fails now: sentences, none if all is well."""
        found = self.worker.failures()
        if self._follower.failure:
            found.append(f"The search indexes cannot be brought up to date ({self._follower.failure}).")
        if self.keys.failure:
            found.append(f"Keys that other processes make or revoke cannot be seen ({self.keys.failure}).")
        stale, names = self._stale, {each.id: each.name for each in list_domains(self.store)} if self._stale else {}
        return found + [
            f"The search index of {names[key]} cannot be brought up to date ({why}); the log says how."
            for key, why in sorted(stale.items())
            if key in names
        ]

    def stop(self) -> None:
        """Stop the worker, write checkpoints and close the store."""
        self.draining.set()
        self.worker.stop()
        self._follower.stop()
        self.keys.stop()
        self.engine.close()
        self.store.close()

    def _follow(self) -> bool:
        self._stale = self.engine.retriever.follow()
        return False


@contextmanager
def open_runtime(
    settings: Settings, url: str, *, only_asked: bool = False, loaded: Loaded | None = None
) -> Iterator[Runtime]:
    """Own the data folder and give its runtime, running, for the time of the context."""
    store = Store.open(settings.home)
    keys = Keyring(store, settings.api_key)
    owner = {"pid": os.getpid(), "host": socket.gethostname(), "url": url, "token": keys.token}
    with store.folder.lock(owner):
        recover(store)
        runtime = Runtime(settings, store, keys, only_asked=only_asked, loaded=loaded)
        if not list_domains(store):
            runtime.engine.create_domain(DEFAULT_DOMAIN)
        runtime.start()
        try:
            yield runtime
        finally:
            runtime.stop()
