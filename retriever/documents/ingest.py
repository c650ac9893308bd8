"""From received documents to searchable ones: load, chunk, embed, store; a group of documents at a time.

A group shares what costs the same for one document as for many: the commits, each with its fsync, and the calls of the
encoder, which are efficient only when they are full. What happens to one document of a group leaves the others alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from retriever.documents.blocks import ReadDocument, UnreadableError
from retriever.documents.chunking import chunk
from retriever.documents.embedding import embedded
from retriever.documents.formats.table import FORMATS, Format
from retriever.documents.reading import CRASHED, Original, Reading, longest_s
from retriever.documents.recutting import recut_domain
from retriever.documents.titles import title_of
from retriever.models.encoder import Encoder
from retriever.models.load import load_encoder
from retriever.settings import RetrieverSettings
from store.attempts import documents_in_doubt, take_in_hand
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
from store.ids import sha256
from store.jobs import Lease
from store.passages import vectors_present
from store.progress import Progress
from store.recutting import Recut, add_recut, sets_in_use
from store.store import Store

_GROUP_BYTES = 256_000  # of originals: some 300 passages, a few seconds of work
_GROUP_DOCUMENTS = 256
_LEAST_BYTES = 1000
_CUT = 0.1  # of the work of a group: until its texts are cut; the rest is embedding
_PATIENCE_S = 600.0  # a group takes seconds: one that takes so long, and what reading may take, hangs
_AGAIN = "Upload the document again."
Tell = Callable[[Document, str], None]  # a document, and a sentence on what is not certain in the text that was read


@dataclass(frozen=True)
class _Work:
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
) -> list[Document]:
    """Make the newest version of each document searchable, or mark it failed with a reason; return their new states.

    Those that are deleted meanwhile are left out. `tell` is called with each document whose text is not certain.
    """
    work = _Work(store, reading, encoder, settings, tell=tell)
    return list(chain.from_iterable(_ingest_group(work, group) for group in groups(documents)))


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


def run_ingest(
    section: RetrieverSettings, store: Store, progress: Progress, formats: Sequence[Format] = FORMATS
) -> dict[str, int]:
    """The job `ingest`: make every received document of the domain searchable; return the counts.

    Afterwards documents that an earlier version cut are cut anew.

    Documents at which a process died before are read after all others, one by one, the least suspicious first, so that
    they stand in nobody's way; see `store.attempts`.
    """
    encoder, reading = load_encoder(section), Reading(formats, store.folder.temporary)
    progress.patience_s = _PATIENCE_S
    domain_id = progress.job.domain_id
    waiting, doubts = waiting_documents(store, domain_id), documents_in_doubt(store, domain_id)
    alone = sorted((each for each in waiting if each.id in doubts), key=lambda each: (doubts[each.id], each.bytes))
    calm = [each for each in waiting if each.id not in doubts]
    total, begun, failed = sum(map(_size, waiting)), 0, 0
    finished = False
    for group in [*groups(calm), *([each] for each in alone)]:
        size = sum(map(_size, group))

        def report(part: float, begun: int = begun, size: int = size) -> None:
            progress(0.99 * (begun + part * size) / total)

        def tell(document: Document, doubt: str, begun: int = begun) -> None:
            progress(
                0.99 * begun / total, f"{document.external_id}: {doubt}", "warning", {"document": document.external_id}
            )

        progress.patience_s = _PATIENCE_S + max(longest_s(each.media_type, each.bytes, formats) for each in group)
        take_in_hand(store, progress.lease, {each.id: each.version for each in group}, finished=finished)
        report(0.0)
        done = _ingest_group(_Work(store, reading, encoder, section, progress.lease, report, tell), group)
        begun += size
        failed += _tell(progress, 0.99 * begun / total, done)
        finished = any(each.status in ("searchable", "failed", "quarantined") for each in done)
    reading.close()

    def cut_anew(part: float, count: int) -> None:
        progress(part if not waiting else 0.99, f"{count} documents cut anew by the present rules" if count else "")

    recut = recut_domain(store, domain_id, encoder, section.chunker, progress.lease, cut_anew)
    progress(1.0)
    in_quarantine = len(list_documents(store, domain_id, status="quarantined"))
    counts = {"documents": len(waiting), "failed": failed, "quarantined": in_quarantine}
    return counts | {"recut": recut} if recut else counts


def _size(document: Document) -> int:
    """Return the share of a document in the work, as bytes: a short one costs something, too."""
    return document.bytes + _LEAST_BYTES


def _tell(progress: Progress, fraction: float, documents: Sequence[Document]) -> int:
    """Tell what became of a group, and of each document that failed; return the number of these."""
    given_up = [each for each in documents if each.status in ("failed", "quarantined")]
    failed = [each for each in given_up if each.status == "failed"]
    for each in given_up:
        reason = each.error["message"] if each.error else ""
        progress(fraction, f"{each.external_id}: {each.status}. {reason}", "warning", {"document": each.external_id})
    searchable = [each.external_id for each in documents if each.status == "searchable"]
    if searchable:
        more = f" and {len(searchable) - 1} more" if len(searchable) > 1 else ""
        progress(fraction, f"{searchable[0]}{more}: searchable", data={"documents": len(searchable)})
    return len(failed)


def _ingest_group(work: _Work, group: Sequence[Document]) -> list[Document]:
    """Ingest documents of one domain together and return the new states of those that still exist."""
    store, encoder = work.store, work.encoder
    cuts = _cuts(work, group)
    mark_all_parsed(store, cuts, work.lease)
    work.done(_CUT)
    passage_set = work.settings.chunker.passage_set
    contents = {passage.content for cut in cuts for passage in cut.passages}
    missing = contents - vectors_present(store, group[0].domain_id, contents, encoder.space_id)
    vectors: dict[str, bytes] = {}
    unknown: dict[str, float] = {}
    while True:
        vectors |= embedded(encoder, missing, lambda part: work.done(_CUT + (1 - _CUT) * part))
        unknown |= {content: encoder.unknown_share(content) for content in missing}
        missing = make_all_searchable(store, cuts, passage_set, vectors, encoder.space_id, unknown, work.lease)
        if not missing:  # else a text that was stored a moment ago lost its last other owner: embed it, too
            break
    recuts = [Recut(cut.document.id, cut.document.version, cut.passages) for cut in cuts]
    for earlier in sets_in_use(store, group[0].domain_id, work.settings.chunker.earlier_sets):
        add_recut(store, group[0].domain_id, recuts, earlier, vectors, encoder.space_id, unknown, work.lease)
    states = {document.id: document for document in existing_documents(store, [document.id for document in group])}
    return [states[document.id] for document in group if document.id in states]


def _cuts(work: _Work, group: Sequence[Document]) -> list[Cut]:
    """Return the documents cut into passages, without those that cannot be read, which are now marked failed."""
    originals: dict[str, Original] = {}
    failed: dict[str, UnreadableError] = {}
    for document in group:
        try:
            originals[document.id] = Original(document.media_type, _original(work.store, document))
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


def _cut(work: _Work, document: Document, content: ReadDocument) -> Cut:
    passages = chunk(content, work.encoder, work.settings.chunker, title_of(document.title, document.external_id))
    return Cut(document, content.text, passages)


def _original(store: Store, document: Document) -> bytes:
    """Return the bytes that were uploaded; `UnreadableError` if they are lost, as those of a deleted document are."""
    try:
        data = read_original(store, document)
    except FileNotFoundError as error:
        raise UnreadableError(
            f"Its original is missing from the data folder. {_AGAIN}", code="original_lost"
        ) from error
    if sha256(data) != document.sha256:
        raise UnreadableError(f"Its original in the data folder is damaged. {_AGAIN}", code="original_damaged")
    return data
