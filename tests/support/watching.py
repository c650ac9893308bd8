"""The job `ingest` step by step: an encoder that is watched, and deaths of a job's process or of the server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from fakes import HashEncoder

from retriever.documents.ingest_job import run_ingest
from retriever.models.encoder import Vectors
from retriever.settings import RetrieverSettings
from store.attempts import give_back, recover_jobs
from store.documents import Document, get_document
from store.domains import Domain
from store.jobs import Job, Lease, claim_job
from store.progress import Progress
from store.receiving import receive
from store.store import Store

Claimed = tuple[Job, Lease]


class WatchingEncoder(HashEncoder):
    """Calls `look` with the texts before it encodes them, and remembers them in order."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.look: Callable[[Sequence[str]], object] = len

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.seen += texts
        self.look(texts)
        return super().encode_passages(texts)

    def die_at(self, *names: str) -> None:
        """Die as soon as the text of one of these documents is there."""
        deadly = {f"text of {name}" for name in names}

        def look(texts: Sequence[str]) -> None:
            if deadly & set(texts):
                raise MemoryError  # as if the process were killed

        self.look = look


def receive_texts(store: Store, domain: Domain, *names: str) -> list[Document]:
    """Receive a document for each name, whose text says so."""
    return [
        receive(store, domain.id, name, f"text of {name}".encode(), title=name, media_type="text/plain")[0]
        for name in names
    ]


def claim(store: Store) -> Claimed:
    """Claim the job that waits."""
    claimed = claim_job(store)
    assert claimed is not None
    return claimed


def states(store: Store, domain: Domain, *names: str) -> list[str]:
    """Return the status of each document."""
    return [get_document(store, domain.id, name).status for name in names]


def run(store: Store, settings: RetrieverSettings, claimed: Claimed) -> dict[str, Any]:
    """Carry the job out as its process does."""
    return run_ingest(settings, store, Progress(store, *claimed, interval_s=0))


def die(store: Store, settings: RetrieverSettings, *, server: bool = False) -> str:
    """Claim the job, let it run until its process dies, or the server; return the status that the job has then."""
    job, lease = claim(store)
    with pytest.raises(MemoryError):
        run(store, settings, (job, lease))
    if not server:
        return give_back(store, lease, "It was killed.", counted=True)
    recover_jobs(store)
    return "queued"
