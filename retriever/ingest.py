"""From received documents to searchable ones: load, chunk, embed, store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from retriever.chunking import chunk
from retriever.encoder import Encoder, OpenVinoEncoder
from retriever.loading import UnreadableError, load_text
from retriever.settings import RetrieverSettings
from store.documents import (
    Document,
    get_document,
    get_version,
    list_documents,
    make_searchable,
    mark_failed,
    mark_parsed,
    read_original,
)
from store.errors import NotFoundError
from store.jobs import Progress
from store.passages import vectors_present
from store.store import Store

_SLICE = 256  # texts embedded between two signs of life


def ingest_document(
    store: Store,
    encoder: Encoder,
    settings: RetrieverSettings,
    document: Document,
    alive: Callable[[], None] = lambda: None,
) -> Document:
    """Make the newest version of a document searchable, or mark it failed with a reason; return its new state.

    `alive` is called now and then during long work. Raises `NotFoundError` if the document is deleted meanwhile.
    """
    version = get_version(store, document.domain_id, document.id, document.version)
    try:
        text = load_text(read_original(store, version))
        passages = chunk(text, version.media_type == "text/markdown", encoder, settings.chunker)
    except UnreadableError as error:
        mark_failed(store, document, error.code, error.message)
        return get_document(store, document.domain_id, document.id)
    mark_parsed(store, document, text)
    contents = {passage.content for passage in passages}
    missing = contents - vectors_present(store, document.domain_id, contents, encoder.space_id)
    vectors: dict[str, bytes] = {}
    while True:
        vectors |= _embed(encoder, sorted(missing, key=len), alive)
        passage_set = settings.chunker.passage_set
        missing = make_searchable(store, document, text, passages, passage_set, vectors, encoder.space_id)
        if not missing:  # else a text that was stored a moment ago lost its last other owner: embed it, too
            return get_document(store, document.domain_id, document.id)


def waiting_documents(store: Store, domain_id: str) -> list[Document]:
    """Return the documents that are not searchable yet and have not failed, oldest first."""
    return [
        document
        for status in ("parsed", "received")
        for document in list_documents(store, domain_id, status=status, order="asc")
    ]


def run_ingest(section: RetrieverSettings, store: Store, progress: Progress) -> dict[str, Any]:
    """The job `ingest`: make every received document of the domain searchable; return the counts.

    If an earlier attempt died, the document it was at is quarantined and tried again after all others: should it kill
    this attempt as well, it stays quarantined and stands in nobody's way.
    """
    encoder = OpenVinoEncoder(section)
    waiting = waiting_documents(store, progress.job.domain_id)
    if progress.job.attempts > 1 and waiting:
        message = "The worker process died while it read this document."
        mark_failed(store, waiting[0], "worker_died", message, status="quarantined")
        waiting = [*waiting[1:], waiting[0]]
    failed = 0
    for number, document in enumerate(waiting):
        share = number / len(waiting)
        try:
            done = ingest_document(store, encoder, section, document, lambda share=share: progress(share))  # type: ignore[misc]
        except (NotFoundError, FileNotFoundError):  # deleted while the job ran
            continue
        failed += done.status == "failed"
        progress(share, f"{document.external_id}: {done.status}")
    progress(1.0)
    return {"documents": len(waiting), "failed": failed}


def _embed(encoder: Encoder, texts: list[str], alive: Callable[[], None]) -> dict[str, bytes]:
    """Return the vectors of texts as float16 bytes."""
    vectors: dict[str, bytes] = {}
    for start in range(0, len(texts), _SLICE):
        part = texts[start : start + _SLICE]
        rows = encoder.encode_passages(part).astype(np.float16)
        vectors |= {text: row.tobytes() for text, row in zip(part, rows, strict=True)}
        alive()
    return vectors
