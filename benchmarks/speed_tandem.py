"""Tandem as `benchmarks.speed` measures it: in process with its whole path, and over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, cast

import httpx
import numpy as np

from benchmarks.speed_systems import DEPTH
from generator.engine import Engine
from retriever.documents.ingest import ingest_documents
from retriever.models.encoder import Vectors
from retriever.search.search import Request
from retriever.settings import RetrieverSettings
from store.documents import Cut, Document, make_all_searchable
from store.passages import NewPassage
from store.receiving import NewUpload, receive_all

DOMAIN = "speed"


class TandemSystem:
    """Each text is a document of its own: received durably, checked by the chunker, encoded, in both indexes."""

    def __init__(self, folder: Path, precision: Any = "auto", mode: Any = "hybrid") -> None:
        self._open = ExitStack()
        settings = RetrieverSettings(precision=precision)
        self._engine = self._open.enter_context(Engine.open(folder, settings))
        self._domain = self._engine.create_domain(DOMAIN)
        self._mode = mode
        self._engine.retriever.encoder.encode_passages(["warm"])

    def add(self, ids: Sequence[str], texts: Sequence[str], vectors: Vectors | None) -> None:
        """See `benchmarks.speed_systems.System`."""
        uploads = [NewUpload(key, text.encode(), key, "text/plain") for key, text in zip(ids, texts, strict=True)]
        outcomes = receive_all(self._engine.store, self._domain.id, uploads)
        documents = [outcome[0] for outcome in outcomes if isinstance(outcome, tuple)]
        if vectors is not None:
            self._store(documents, texts, vectors)
        else:
            engine, retriever = self._engine, self._engine.retriever
            ingest_documents(engine.store, engine.reading, retriever.encoder, retriever.settings, documents)
        self._engine.retriever.index(self._domain.id).follow()

    def search(self, query: str) -> list[str]:
        """See `benchmarks.speed_systems.System`."""
        if self._mode == "query":
            self._engine.ask(DOMAIN, query)
            return []
        hits = self._engine.search(DOMAIN, Request(query, top_k=DEPTH, mode=self._mode)).hits
        return list(dict.fromkeys(hit.passage.external_id for hit in hits))

    def close(self) -> None:
        """Write the index and let the data folder go."""
        self._open.close()

    def _store(self, documents: Sequence[Document], texts: Sequence[str], vectors: Vectors) -> None:
        cuts = [
            Cut(document, text, [NewPassage(0, len(text), "", text)])
            for document, text in zip(documents, texts, strict=True)
        ]
        given = {text: row.tobytes() for text, row in zip(texts, vectors.astype(np.float16), strict=True)}
        view = self._engine.retriever.view(self._domain.id)
        for start in range(0, len(cuts), 500):
            make_all_searchable(self._engine.store, cuts[start : start + 500], view.passage_set, given, view.space_id)


@contextmanager
def served(home: Path) -> Iterator[httpx.Client]:
    """Give an HTTP client with a kept connection to a real server, in a process of its own, on the data folder."""
    command = [sys.executable, "-c", "from service.cli import main; main()", "serve", "--port", "0", "--json"]
    with subprocess.Popen([*command, "--home", str(home)], stdout=subprocess.PIPE, text=True) as server:
        try:
            address = json.loads(cast("IO[str]", server.stdout).readline())
            with httpx.Client(base_url=address["url"], timeout=60) as client:
                yield client
        finally:
            server.terminate()
