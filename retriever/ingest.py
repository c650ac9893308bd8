"""From received documents to searchable ones: load, chunk, embed, store; a group of documents at a time.

A group shares what costs the same for one document as for many: the commits, each with its fsync, and the calls of the
encoder, which are efficient only when they are full. What happens to one document of a group leaves the others alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np

from retriever.chunking import chunk
from retriever.encoder import Encoder, load_encoder
from retriever.finite import finite
from retriever.loading import UnreadableError, load_text
from retriever.settings import RetrieverSettings
from store.documents import (
    Cut,
    Document,
    existing_documents,
    list_documents,
    make_all_searchable,
    mark_all_parsed,
    mark_failed,
    read_original,
)
from store.errors import NotFoundError
from store.jobs import Progress
from store.passages import vectors_present
from store.store import Store

_SLICE = 256  # texts embedded between two signs of life
_GROUP_BYTES = 256_000  # of originals: some 300 passages, a few seconds of work
_GROUP_DOCUMENTS = 256
_FILE_NAME = re.compile(r"^\S+\.[A-Za-z][A-Za-z0-9]{0,4}$")  # such a title tells nothing that is not in the text


def ingest_documents(
    store: Store,
    encoder: Encoder,
    settings: RetrieverSettings,
    documents: Sequence[Document],
    alive: Callable[[], None] = lambda: None,
) -> list[Document]:
    """Make the newest version of each document searchable, or mark it failed with a reason; return their new states.

    Those that are deleted meanwhile are left out. `alive` is called now and then during long work.
    """
    done = (_ingest_group(store, encoder, settings, group, alive) for group in groups(documents))
    return list(chain.from_iterable(done))


def ingest_document(store: Store, encoder: Encoder, settings: RetrieverSettings, document: Document) -> Document:
    """Do what `ingest_documents` does, with one; raise `NotFoundError` if the document is deleted meanwhile."""
    for done in ingest_documents(store, encoder, settings, [document]):
        return done
    raise NotFoundError(f"The document {document.external_id!r} was deleted.", code="document_not_found")


def groups(documents: Sequence[Document]) -> Iterator[list[Document]]:
    """Yield the documents in order in groups of one domain each, bounded in bytes unless there is one document only."""
    group: list[Document] = []
    size = 0
    for document in documents:
        full = len(group) == _GROUP_DOCUMENTS or size + document.bytes > _GROUP_BYTES
        if group and (full or document.domain_id != group[0].domain_id):
            yield group
            group, size = [], 0
        group.append(document)
        size += document.bytes
    if group:
        yield group


def waiting_documents(store: Store, domain_id: str) -> list[Document]:
    """Return the documents that are not searchable yet and have not failed, oldest first."""
    return [
        document
        for status in ("parsed", "received")
        for document in list_documents(store, domain_id, status=status, order="asc")
    ]


def run_ingest(section: RetrieverSettings, store: Store, progress: Progress) -> dict[str, Any]:
    """The job `ingest`: make every received document of the domain searchable; return the counts.

    If an earlier attempt died, the documents of the group it was at are tried after all others, one by one, the largest
    last, each in quarantine while it is tried: should one kill this attempt as well, it stays there and stands in
    nobody's way.
    """
    encoder = load_encoder(section)
    waiting = waiting_documents(store, progress.job.domain_id)
    suspects: list[Document] = next(groups(waiting), []) if progress.job.attempts > 1 else []
    finished = failed = 0
    alone = [[suspect] for suspect in sorted(suspects, key=lambda suspect: suspect.bytes)]
    for group in [*groups(waiting[len(suspects) :]), *alone]:
        share = finished / len(waiting)
        if group in alone:
            message = "The worker process died while it read this document."
            mark_failed(store, group[0], "worker_died", message, status="quarantined")
        done = _ingest_group(store, encoder, section, group, lambda share=share: progress(share))  # type: ignore[misc]
        finished += len(group)
        for document in done:
            progress(share, f"{document.external_id}: {document.status}")
        failed += sum(document.status == "failed" for document in done)
    progress(1.0)
    return {"documents": len(waiting), "failed": failed}


def _ingest_group(
    store: Store,
    encoder: Encoder,
    settings: RetrieverSettings,
    group: Sequence[Document],
    alive: Callable[[], None],
) -> list[Document]:
    """Ingest documents of one domain together and return the new states of those that still exist."""
    cuts = [cut for document in group if (cut := _cut(store, encoder, settings, document)) is not None]
    mark_all_parsed(store, cuts)
    alive()
    contents = {passage.content for cut in cuts for passage in cut.passages}
    missing = contents - vectors_present(store, group[0].domain_id, contents, encoder.space_id)
    vectors: dict[str, bytes] = {}
    unknown: dict[str, float] = {}
    while True:
        vectors |= _embed(encoder, sorted(missing, key=len), alive)
        unknown |= {content: encoder.unknown_share(content) for content in missing}
        missing = make_all_searchable(store, cuts, settings.chunker.passage_set, vectors, encoder.space_id, unknown)
        if not missing:  # else a text that was stored a moment ago lost its last other owner: embed it, too
            break
    states = {document.id: document for document in existing_documents(store, [document.id for document in group])}
    return [states[document.id] for document in group if document.id in states]


def _cut(store: Store, encoder: Encoder, settings: RetrieverSettings, document: Document) -> Cut | None:
    """Return the document cut into passages, or None: it was deleted, or it cannot be read and is now marked failed."""
    try:
        text = load_text(read_original(store, document))
    except FileNotFoundError:
        return None
    except UnreadableError as error:
        mark_failed(store, document, error.code, error.message)
        return None
    markdown = document.media_type == "text/markdown"
    title = "" if _FILE_NAME.search(document.title) or document.title == document.external_id else document.title
    return Cut(document, text, chunk(text, markdown, encoder, settings.chunker, title))


def _embed(encoder: Encoder, texts: list[str], alive: Callable[[], None]) -> dict[str, bytes]:
    """Return the vectors of texts as float16 bytes."""
    vectors: dict[str, bytes] = {}
    for start in range(0, len(texts), _SLICE):
        part = texts[start : start + _SLICE]
        with np.errstate(over="ignore"):  # what is too large becomes infinite, which is an error of its own
            rows = encoder.encode_passages(part).astype(np.float16)
        finite(rows, "The encoder, rounded to float16,")
        vectors |= {text: row.tobytes() for text, row in zip(part, rows, strict=True)}
        alive()
    return vectors
