"""From received documents to searchable ones: load, chunk, embed, store; a group of documents at a time.

A large document is found by its words before its vectors are computed, which takes minutes; see `store.awaited`.

A group shares what costs the same for one document as for many: the commits, each with its fsync, and the calls of the
encoder, which are efficient only when they are full. What happens to one document of a group leaves the others alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from retriever.documents.blocks import ReadDocument, UnreadableError
from retriever.documents.chunking import chunk
from retriever.documents.embedding import embed_portion, embedded
from retriever.documents.originals import read_sound_original
from retriever.documents.reading import CRASHED, Original, Reading
from retriever.documents.titles import title_of
from retriever.models.encoder import Encoder
from retriever.settings import RetrieverSettings
from store.documents import (
    Cut,
    Document,
    existing_documents,
    list_documents,
    make_all_searchable,
    mark_all_parsed,
    mark_failed,
)
from store.jobs import Lease
from store.passages import vectors_present
from store.recutting import Recut, add_recut, add_recut_by_words, sets_in_use
from store.store import Store

_GROUP_BYTES = 256_000  # of originals: some 300 passages, a few seconds of work
_GROUP_DOCUMENTS = 256
_AT_ONCE = 500  # texts of a document to be embedded before it is searchable; a larger one is found by its words first
CUT = 0.1  # of the work of a group: until its texts are cut; the rest is embedding
Tell = Callable[[Document, str], None]  # a document, and a sentence on what is not certain in the text that was read


@dataclass(frozen=True)
class Work:
    """With what documents are read; a job names its lease, and is told which part of a group is done, and doubts."""

    store: Store
    reading: Reading
    encoder: Encoder
    settings: RetrieverSettings
    lease: Lease | None = None
    done: Callable[[float], None] = lambda _: None
    tell: Tell = lambda *_: None


def ingest_documents(
    store: Store,
    reading: Reading,
    encoder: Encoder,
    settings: RetrieverSettings,
    documents: Sequence[Document],
    tell: Tell = lambda *_: None,
    *,
    vectors_later: bool = False,
) -> list[Document]:
    """Make the newest version of each document searchable, or mark it failed with a reason; return their new states.

    Those that are deleted meanwhile are left out. `tell` is called with each document whose text is not certain. A
    large document is found by its words first; with `vectors_later` the vectors that it awaits are left to a job
    `ingest`.
    """
    work = Work(store, reading, encoder, settings, tell=tell)
    done = list(chain.from_iterable(ingest_group(work, group) for group in groups(documents)))
    if vectors_later or not any(document.unembedded for document in done):
        return done
    for domain_id in {document.domain_id for document in done}:
        while embed_portion(store, domain_id, encoder):
            pass
    states = {document.id: document for document in existing_documents(store, [document.id for document in done])}
    return [states[document.id] for document in done if document.id in states]


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


def ingest_group(work: Work, group: Sequence[Document]) -> list[Document]:
    """Ingest documents of one domain together and return the new states of those that still exist."""
    store, encoder = work.store, work.encoder
    cuts = _cuts(work, group)
    mark_all_parsed(store, cuts, work.lease)
    work.done(CUT)
    contents = {passage.content for cut in cuts for passage in cut.passages}
    missing = contents - vectors_present(store, group[0].domain_id, contents, encoder.space_id)
    if len(group) == 1 and len(missing) > _AT_ONCE:
        _store_by_words(work, cuts)
    else:
        _store(work, group[0].domain_id, cuts, missing)
    states = {document.id: document for document in existing_documents(store, [document.id for document in group])}
    return [states[document.id] for document in group if document.id in states]


def _store(work: Work, domain_id: str, cuts: Sequence[Cut], missing: Set[str]) -> None:
    """Make documents searchable with all their vectors, of which those of the contents in `missing` are computed."""
    store, encoder, chunker, lease = work.store, work.encoder, work.settings.chunker, work.lease
    vectors: dict[str, bytes] = {}
    unknown: dict[str, float] = {}
    while True:
        vectors |= embedded(encoder, missing, lambda part: work.done(CUT + (1 - CUT) * part))
        unknown |= {content: encoder.unknown_share(content) for content in missing}
        missing = make_all_searchable(store, cuts, chunker.passage_set, vectors, encoder.space_id, unknown, lease)
        if not missing:  # else a text that was stored a moment ago lost its last other owner: embed it, too
            break
    recuts = [Recut(cut.document.id, cut.document.version, cut.passages) for cut in cuts]
    for earlier in sets_in_use(store, domain_id, chunker.earlier_sets):
        add_recut(store, domain_id, recuts, earlier, vectors, encoder.space_id, unknown, lease)


def _store_by_words(work: Work, cuts: Sequence[Cut]) -> None:
    """Make a document searchable by its words, and let it await the vectors that are not there yet."""
    store, space_id, chunker = work.store, work.encoder.space_id, work.settings.chunker
    make_all_searchable(store, cuts, chunker.passage_set, {}, space_id, None, work.lease, vectors_later=True)
    for cut in cuts:
        recut = Recut(cut.document.id, cut.document.version, cut.passages)
        for earlier in sets_in_use(store, cut.document.domain_id, chunker.earlier_sets):
            add_recut_by_words(store, cut.document.domain_id, recut, earlier, space_id, work.lease)


def _cuts(work: Work, group: Sequence[Document]) -> list[Cut]:
    """Return the documents cut into passages, without those that cannot be read, which are now marked failed."""
    originals: dict[str, Original] = {}
    failed: dict[str, UnreadableError] = {}
    for document in group:
        try:
            originals[document.id] = Original(document.media_type, read_sound_original(work.store, document.sha256))
        except UnreadableError as error:
            failed[document.id] = error
    outcomes = dict(zip(originals, work.reading.read(list(originals.values())), strict=True)) | failed
    cuts = []
    for document in group:
        outcome = outcomes[document.id]
        if isinstance(outcome, UnreadableError):
            status: Literal["failed", "quarantined"] = "quarantined" if outcome.code == CRASHED else "failed"
            mark_failed(work.store, document, outcome.code, outcome.message, status, lease=work.lease)
        else:
            if outcome.doubt is not None:
                work.tell(document, outcome.doubt)
            cuts.append(_cut(work, document, outcome))
    return cuts


def _cut(work: Work, document: Document, content: ReadDocument) -> Cut:
    passages = chunk(content, work.encoder, work.settings.chunker, title_of(document.title, document.external_id))
    return Cut(document, content.text, passages)
