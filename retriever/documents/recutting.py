"""Documents that an earlier version cut are cut anew, from their stored texts, while the old passages go on serving.

The new passages go into their own set, beside the old one, which releases search until every document of the domain is
in the new one (see `Retriever.view`); only then the old passages are removed. What is stopped in between goes on later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from retriever.documents.blocks import ReadDocument
from retriever.documents.chunking import chunk
from retriever.documents.embedding import embedded
from retriever.documents.formats.table import MARKDOWN
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
    read_text,
    sets_in_use,
)
from store.store import Store

_GROUP_BYTES = 256_000


def is_outdated(store: Store, domain_id: str, settings: ChunkerSettings) -> bool:
    """Return whether a domain has passages of earlier rules, which are to be replaced."""
    return bool(sets_in_use(store, domain_id, settings.earlier_sets))


def recut_domain(
    store: Store,
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

        _recut(store, domain_id, group, encoder, settings, lease, report)
        finished, count = finished + size, count + len(group)
        done(finished / total, count)
    if not outdated_documents(store, domain_id, earlier, settings.passage_set, limit=1):
        drop_sets(store, domain_id, earlier, lease)
    return len(outdated)


def _recut(
    store: Store,
    domain_id: str,
    group: Sequence[Outdated],
    encoder: Encoder,
    settings: ChunkerSettings,
    lease: Lease | None,
    done: Callable[[float], None],
) -> None:
    recuts = []
    for each in group:
        text = read_text(store, each)
        if text is not None:
            document = ReadDocument(text, (), each.media_type == MARKDOWN.media_type)
            passages = chunk(document, encoder, settings, title_of(each.title, each.external_id))
            recuts.append(Recut(each.id, each.version, passages))
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


def _groups(documents: Sequence[Outdated]) -> Iterator[list[Outdated]]:
    group: list[Outdated] = []
    for each in documents:
        if group and sum(other.bytes for other in group) + each.bytes > _GROUP_BYTES:
            yield group
            group = []
        group.append(each)
    if group:
        yield group
