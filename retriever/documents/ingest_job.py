"""The job `ingest`: what waits in a domain becomes searchable, then what is awaited of large documents is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from retriever.documents.embedding import embed_portion
from retriever.documents.formats.table import FORMATS, Format
from retriever.documents.ingest import CUT, Work, groups, ingest_group, waiting_documents
from retriever.documents.reading import Reading, longest_s
from retriever.documents.recutting import recut_domain
from retriever.models.load import load_encoder
from retriever.settings import RetrieverSettings
from store.attempts import documents_in_doubt, take_in_hand
from store.awaited import count_awaited
from store.documents import Document, list_documents
from store.json_values import JsonObject
from store.progress import Progress
from store.store import Store

_LEAST_BYTES = 1000
_PATIENCE_S = 600.0  # a group takes seconds: one that takes so long, and what reading may take, hangs


def run_ingest(
    section: RetrieverSettings, store: Store, progress: Progress, formats: Sequence[Format] = FORMATS
) -> dict[str, int]:
    """The job `ingest`: make every received document of the domain searchable; return the counts.

    Large documents are found by their words first. Then come the vectors that they await, and whatever was received
    meanwhile does not wait for these. Afterwards documents that an earlier version cut are cut anew.
    """
    encoder, reading = load_encoder(section), Reading(formats, store.folder.temporary)
    domain_id, lease = progress.job.domain_id, progress.lease
    run = _Run(Work(store, reading, encoder, section, lease), progress, formats)
    run.take_waiting()
    while run.take_awaited():
        run.take_waiting()
    reached = run.fraction

    def cut_anew(part: float, count: int) -> None:
        message = f"{count} documents cut anew by the present rules" if count else ""
        progress(max(reached, part if not run.documents else 0.99), message)

    recut = recut_domain(store, reading, domain_id, encoder, section.chunker, lease, cut_anew)
    reading.close()
    progress(1.0)
    in_quarantine = len(list_documents(store, domain_id, status="quarantined"))
    counts = {"documents": run.documents, "failed": run.failed, "quarantined": in_quarantine}
    return counts | {"recut": recut} if recut else counts


@dataclass
class _Run:
    """The job while it runs: how many documents it had, how many failed, and which part of all work is done."""

    work: Work
    progress: Progress
    formats: Sequence[Format]
    documents: int = 0
    failed: int = 0
    fraction: float = 0.0
    embedded: int = 0  # awaited vectors that this run computed
    finished: bool = False  # something, so that a death from now on is not one more of those before

    def take_waiting(self) -> None:
        """Make the documents that wait searchable. Those that come while vectors are computed move no progress.

        Documents at which a process died before are read after all others, one by one, the least suspicious first, so
        that they stand in nobody's way; see `store.attempts`.
        """
        store, domain_id = self.work.store, self.progress.job.domain_id
        waiting, doubts = waiting_documents(store, domain_id), documents_in_doubt(store, domain_id)
        alone = sorted((each for each in waiting if each.id in doubts), key=lambda each: (doubts[each.id], each.bytes))
        calm = [each for each in waiting if each.id not in doubts]
        total = sum(map(_size, waiting))
        room = 0.0 if self.embedded else 0.99 - self.fraction
        for group in [*groups(calm), *([each] for each in alone)]:
            self._take(group, room / total)
        self.documents += len(waiting)

    def _take(self, group: Sequence[Document], worth: float) -> None:
        """Ingest a group; `worth` is the part of all work that a byte of it is."""
        progress, size = self.progress, sum(map(_size, group))

        def report(part: float) -> None:
            progress(self.fraction + part * size * worth)

        def tell(document: Document, doubt: str) -> None:
            progress(self.fraction, f"{document.external_id}: {doubt}", "warning", {"document": document.external_id})

        longest = max(longest_s(each.media_type, each.bytes, self.formats) for each in group)
        progress.patience_s = _PATIENCE_S + longest
        hand = {each.id: each.version for each in group}
        take_in_hand(self.work.store, progress.lease, hand, finished=self.finished)
        report(0.0)
        done = ingest_group(replace(self.work, done=report, tell=tell), group)
        unembedded = sum(each.unembedded for each in done) / (sum(each.passages for each in done) or 1)
        self.fraction += size * worth * (1 - (1 - CUT) * unembedded)
        self.failed += _tell(progress, self.fraction, done)
        self.finished = any(each.status in ("searchable", "failed", "quarantined") for each in done)

    def take_awaited(self) -> bool:
        """Compute some of the vectors that are awaited; return whether there were any."""
        work, domain_id, space_id = self.work, self.progress.job.domain_id, self.work.encoder.space_id
        left = count_awaited(work.store, domain_id, space_id)
        if not left:
            return False
        if not self.embedded:
            self.progress.restart()
        self.progress.patience_s = _PATIENCE_S
        take_in_hand(work.store, self.progress.lease, {}, finished=self.finished)
        self.progress(self.fraction)
        count = embed_portion(work.store, domain_id, work.encoder, work.lease)
        self.fraction += (0.99 - self.fraction) * min(1.0, count / left)
        self.embedded, self.finished = self.embedded + count, True
        done = f"The vectors of {self.embedded} passages are there, none is awaited" if count >= left else ""
        self.progress(self.fraction, done)
        return True


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
        unembedded = sum(each.unembedded for each in documents)
        by_words = f" by words; the vectors of {unembedded} passages follow" if unembedded else ""
        data: JsonObject = {"documents": len(searchable)}
        progress(fraction, f"{searchable[0]}{more}: searchable{by_words}", data=data)
    return len(failed)
