"""From received documents to searchable ones: load, chunk, embed, store."""

from __future__ import annotations

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
from store.jobs import Progress
from store.passages import vectors_present
from store.store import Store


def ingest_document(store: Store, encoder: Encoder, settings: RetrieverSettings, document: Document) -> Document:
    """Make the newest version of a document searchable, or mark it failed with a reason; return its new state."""
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
        ordered = sorted(missing)
        rows = encoder.encode_passages(ordered).astype(np.float16)
        vectors |= {content: row.tobytes() for content, row in zip(ordered, rows, strict=True)}
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
    """The job `ingest`: make every received document of the domain searchable; return the counts."""
    encoder = OpenVinoEncoder(section)
    waiting = waiting_documents(store, progress.job.domain_id)
    failed = 0
    for number, document in enumerate(waiting, start=1):
        done = ingest_document(store, encoder, section, document)
        failed += done.status == "failed"
        progress(number / len(waiting), f"{document.external_id}: {done.status}")
    return {"documents": len(waiting), "failed": failed}
