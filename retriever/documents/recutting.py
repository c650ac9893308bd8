"""Documents that an earlier version cut are cut anew, while the old passages go on serving.

Citations and examples name places in a stored text, so it stays as it is. What is not in it, as pages, boxes and the
headings of a PDF, is read anew from the original; where that is lost, or read differently by now, the old passages say
it, as exactly as they can.

The new passages go into their own set, beside the old one, which releases search until every document of the domain is
in the new one (see `Retriever.view`); only then the old passages are removed. What is stopped in between goes on later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from retriever.documents.blocks import ReadDocument, UnreadableError
from retriever.documents.chunking import chunk
from retriever.documents.embedding import embedded
from retriever.documents.formats.table import MARKDOWN, PLAIN_TEXT
from retriever.documents.originals import read_sound_original
from retriever.documents.reading import Original, Reading
from retriever.documents.retracing import as_passages_say
from retriever.documents.titles import title_of
from retriever.models.encoder import Encoder
from retriever.settings import ChunkerSettings
from store.jobs import Lease
from store.passages import vectors_present
from store.recutting import (
    Outdated,
    Recut,
    add_recut,
    drop_sets,
    outdated_documents,
    passages_of,
    read_text,
    sets_in_use,
)
from store.store import Store

_GROUP_BYTES = 256_000
_BARE = (PLAIN_TEXT.media_type, MARKDOWN.media_type)  # of these the text is all there is
_Whole = tuple[Outdated, ReadDocument]


def is_outdated(store: Store, domain_id: str, settings: ChunkerSettings) -> bool:
    """Return whether a domain has passages of earlier rules, which are to be replaced."""
    return bool(sets_in_use(store, domain_id, settings.earlier_sets))


def recut_domain(
    store: Store,
    reading: Reading,
    domain_id: str,
    encoder: Encoder,
    settings: ChunkerSettings,
    lease: Lease | None = None,
    done: Callable[[float, int], None] = lambda _, __: None,
) -> int:
    """Cut every document of a domain that earlier rules cut, then remove the old passages; return how many were cut.

    `done` is told which part of the documents is done, and how many.
    """
    earlier = sets_in_use(store, domain_id, settings.earlier_sets)
    if not earlier:
        return 0
    outdated = outdated_documents(store, domain_id, earlier, settings.passage_set)
    total, finished, count = sum(each.bytes + 1 for each in outdated), 0, 0
    for group in _groups(outdated):
        size = sum(each.bytes + 1 for each in group)

        def report(part: float, finished: int = finished, size: int = size, count: int = count) -> None:
            done((finished + part * size) / total, count)

        _recut(store, domain_id, _read_all(store, reading, group), encoder, settings, lease, report)
        finished, count = finished + size, count + len(group)
        done(finished / total, count)
    if not outdated_documents(store, domain_id, earlier, settings.passage_set, limit=1):
        drop_sets(store, domain_id, earlier, lease)
    return len(outdated)


def _recut(
    store: Store,
    domain_id: str,
    documents: Sequence[_Whole],
    encoder: Encoder,
    settings: ChunkerSettings,
    lease: Lease | None,
    done: Callable[[float], None],
) -> None:
    recuts = []
    for document, read in documents:
        passages = chunk(read, encoder, settings, title_of(document.title, document.external_id))
        recuts.append(Recut(document.id, document.version, passages))
    contents = {passage.content for each in recuts for passage in each.passages}
    missing = contents - vectors_present(store, domain_id, contents, encoder.space_id)
    vectors: dict[str, bytes] = {}
    unknown: dict[str, float] = {}
    while True:
        vectors |= embedded(encoder, missing, done)
        unknown |= {content: encoder.unknown_share(content) for content in missing}
        missing = add_recut(store, domain_id, recuts, settings.passage_set, vectors, encoder.space_id, unknown, lease)
        if not missing:
            return


def _read_all(store: Store, reading: Reading, group: Sequence[Outdated]) -> list[_Whole]:
    """Return the documents with their stored texts and all that is known of these, without those that are gone."""
    texts = {each.id: text for each in group if (text := read_text(store, each)) is not None}
    originals: dict[str, Original] = {}
    for each in group:
        if each.id in texts and each.media_type not in _BARE:
            with suppress(UnreadableError):
                originals[each.id] = Original(each.media_type, read_sound_original(store, each.sha256))
    anew = dict(zip(originals, reading.read(list(originals.values())), strict=True))
    found = []
    for each in group:
        read, text = anew.get(each.id), texts.get(each.id)
        if text is None:
            continue
        if each.media_type in _BARE:
            found.append((each, ReadDocument(text, (), each.media_type == MARKDOWN.media_type)))
        elif isinstance(read, ReadDocument) and read.text == text:
            found.append((each, read))
        else:
            found.append((each, as_passages_say(text, each.title, passages_of(store, each))))
    return found


def _groups(documents: Sequence[Outdated]) -> Iterator[list[Outdated]]:
    group: list[Outdated] = []
    for each in documents:
        if group and sum(other.bytes for other in group) + each.bytes > _GROUP_BYTES:
            yield group
            group = []
        group.append(each)
    if group:
        yield group
