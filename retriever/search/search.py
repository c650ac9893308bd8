"""Search: both indexes, fusion, and the passages behind the hits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from retriever.index.domain_index import DomainIndex, Snapshot, View
from retriever.index.open_indexes import CANNOT_FOLLOW, IndexBehindError, OpenIndexes
from retriever.models.encoder import Encoder
from retriever.models.encoders import Encoders, wrong_space
from retriever.models.finite import finite
from retriever.models.reranker import Reranker
from retriever.search.candidates import Asked, Candidates, find_candidates, places
from retriever.search.filters import allowed_texts
from retriever.search.fusion import UNREADABLE
from retriever.search.legibility import Legibility
from retriever.search.results import Hit, Request, Result
from retriever.search.retrieval_part import SearchPlan
from retriever.settings import RetrieverSettings
from store.errors import ConflictError, InvalidInputError
from store.json_values import Json
from store.passages import Passage, last_seq, read_passages
from store.recutting import outdated_documents
from store.store import Store

__all__ = ["Hit", "IndexBehindError", "Request", "Result"]  # defined elsewhere, and offered here to those who search

_TRIES = 10  # of a search whose hits are replaced while it looks at them


@dataclass(frozen=True)
class _Scope:
    """Where a search looks: in a passage set of a domain, and only in these documents, if they are given."""

    domain_id: str
    passage_set: str
    documents: set[str] | None = None


class Retriever:
    """Searches the domains of a store. It opens an index at the first need of it and keeps it."""

    def __init__(
        self,
        store: Store,
        settings: RetrieverSettings,
        encoders: Encoders,
        reranker: Reranker | None = None,
        passage_sets: Collection[str] = (),
    ) -> None:
        """`passage_sets` are filled beside that of the settings."""
        self.encoders = encoders
        self.reranker = reranker
        self.settings = settings
        self._passage_sets = {settings.chunker.passage_set, *passage_sets}
        self._recut: set[str] = set()  # domains in which the present passage set has taken the place of earlier ones
        self._store = store
        self._legibility = Legibility(store)
        self.indexes = OpenIndexes(store, settings.checkpoint_every)

    @property
    def encoder(self) -> Encoder:
        """The encoder that new documents get."""
        return self.encoders.configured

    def view(self, domain_id: str, plan: SearchPlan | None = None) -> View:
        """Return the view of a domain that a release with this plan searches; without one, the view of new documents.

        Raises `ConflictError` if this process has not the release's space or passage set.
        """
        configured = self.settings.chunker.passage_set
        if plan is None:
            return View(domain_id, configured, self.encoder.space_id, self.encoder.dimension)
        encoder = self.encoders.encoder_for(plan.space_id)
        earlier = plan.passage_set in self.settings.chunker.earlier_sets
        if plan.passage_set not in self._passage_sets and not earlier:
            raise wrong_space("passage_set", plan.passage_set, configured)
        passage_set = configured if earlier and self._is_recut(domain_id, plan.passage_set) else plan.passage_set
        return View(domain_id, passage_set, plan.space_id, encoder.dimension)

    def _is_recut(self, domain_id: str, earlier: str) -> bool:
        """Return whether all documents of a domain that have passages of an earlier set have them of this one as well.

        Once that is so it stays so, since no document is cut by earlier rules any more.
        """
        if domain_id not in self._recut:
            present = self.settings.chunker.passage_set
            if outdated_documents(self._store, domain_id, [earlier], present, limit=1):
                return False
            self._recut.add(domain_id)
        return True

    def index(self, domain_id: str, plan: SearchPlan | None = None, wait_s: float = -1) -> DomainIndex:
        """Return the index of what `view` names, opening it if needed.

        Raises `IndexBehindError` if another thread is opening it for longer than `wait_s` (-1: wait for it).
        """
        return self.indexes.get(self.view(domain_id, plan), wait_s)

    def reindex(self, domain_id: str, plan: SearchPlan) -> DomainIndex:
        """Return the index of what `view` names, built anew from the database; searches use the old one until then."""
        return self.indexes.rebuild(self.view(domain_id, plan))

    def shown(self, domain_id: str, plan: SearchPlan | None = None) -> int | None:
        """Return the change that the index of what `view` names shows, None while it is not open."""
        return self.indexes.shown(self.view(domain_id, plan))

    def forget(self, domain_id: str) -> None:
        """Drop the indexes of a domain that was deleted."""
        self.indexes.forget(domain_id)

    def follow(self) -> dict[str, str]:
        """Publish what changed in every open index; one that cannot be followed now does not stop the others.

        Returns why not, for each domain id that it happened to.
        """
        return self.indexes.follow()

    def close(self, *, checkpoint: bool) -> None:
        """Drop all indexes; with `checkpoint` write them first, as only the owner of the data folder may."""
        self.indexes.close(checkpoint=checkpoint)

    def search(self, domain_id: str, plan: SearchPlan, request: Request) -> Result:
        """Return the passages of the domain that fit best, under the release with this plan."""
        if not request.query.strip():
            raise InvalidInputError("The query is empty.", code="empty_query", param="query")
        view = self.view(domain_id, plan)
        snapshot = self._snapshot(view, request.min_seq, request.wait_s)
        for _ in range(_TRIES):
            result, vanished = self._search(view, snapshot, plan, request)
            newer = self._newer(view, request.wait_s) if vanished else snapshot
            if newer.seq <= snapshot.seq:
                break
            snapshot = newer  # what was replaced a moment ago is found as it is now, and not left out
        return result

    def _newer(self, view: View, wait_s: float) -> Snapshot:
        """Return the newest snapshot there can be now."""
        index = self.indexes.get(view, wait_s)
        with suppress(*CANNOT_FOLLOW):  # the follower says so, and tries again
            return index.follow(wait_s)
        return index.snapshot

    def _search(self, view: View, snapshot: Snapshot, plan: SearchPlan, request: Request) -> tuple[Result, bool]:
        """Return what a snapshot shows, and whether the database lacks some of that by now."""
        encoder, domain_id = self.encoders.encoder_for(plan.space_id), view.domain_id
        scope, allowed = _Scope(domain_id, view.passage_set), None
        if request.filters is not None:
            allowed, passing = allowed_texts(self._store, domain_id, view.passage_set, request.filters)
            scope = replace(scope, documents=passing)
        of_domain = self._legibility.unknown_share(domain_id, plan.space_id, snapshot.seq)
        unknown = max(encoder.unknown_share(request.query), of_domain)
        settings = plan.retrieval
        mode = request.mode or settings.mode
        wanted = max(request.top_k, self._rerank_depth(request, plan))
        # Of one index alone some more hits than wanted do, in place of those deleted meanwhile.
        limit = 2 * wanted if mode == "dense" else max(settings.candidates, request.top_k)
        asked = Asked(request.query, mode, limit, unknown, allowed)
        found = find_candidates(snapshot, encoder, asked, settings)
        present, vanished = self._hits(scope, found, wanted)
        hits = self._reranked(present, request, plan)

        def explain() -> dict[str, Json]:
            everything, _ = self._hits(scope, found, len(found.fused))
            return _named(found, everything, [hit for hit in hits if hit.ranks["rerank"] is not None])

        weigh = partial(snapshot.lexical.term_weights, request.query)
        look_up = partial(snapshot.lexical.unseen, request.query)
        return Result(hits[: request.top_k], snapshot.seq, weigh, look_up, explain), vanished

    def _hits(self, scope: _Scope, found: Candidates, wanted: int) -> tuple[list[Hit], bool]:
        """Return the best hits, at least `wanted` if there are, and whether some were left out that are gone by now."""
        dense, lexical = places(found.dense), places(found.lexical)
        cosines = dict(found.dense) if found.unknown_share <= UNREADABLE else {}  # else they mean nothing
        hits: list[Hit] = []
        vanished = False
        for start in range(0, len(found.fused), max(wanted, 1)):
            fused = found.fused[start : start + wanted]
            owners = self._owners(scope, [key for key, _ in fused])
            for key, score in fused:
                if key not in owners:  # deleted after the snapshot was made: nobody may see it any more
                    vanished = True
                    continue
                first, *others = owners[key]
                place = {"dense": dense.get(key), "lexical": lexical.get(key), "rerank": None}
                also_in = sorted({other.document_id for other in others} - {first.document_id})
                hits.append(Hit(first, score, place, cosines.get(key), also_in))
            if len(hits) >= wanted:
                break
        return hits, vanished

    def _owners(self, scope: _Scope, text_ids: Sequence[int]) -> dict[int, list[Passage]]:
        """Return the passages with these texts, of the allowed documents."""
        owners: dict[int, list[Passage]] = {}
        for passage in read_passages(self._store, scope.domain_id, text_ids, scope.passage_set):
            if scope.documents is None or passage.document_id in scope.documents:
                owners.setdefault(passage.text_id, []).append(passage)
        return owners

    @staticmethod
    def _rerank_depth(request: Request, plan: SearchPlan) -> int:
        """Return how many hits are reranked: 0 if neither the release nor the request wants it."""
        wanted = request.rerank if request.rerank is not None else plan.reranker is not None
        return plan.retrieval.rerank if wanted else 0

    def _reranked(self, hits: list[Hit], request: Request, plan: SearchPlan) -> list[Hit]:
        """Return the hits with the best ones in the order of the reranker, if the release or the request wants one."""
        depth = self._rerank_depth(request, plan)
        if not depth:
            return hits
        reranker = self._loaded_reranker(plan.reranker)
        head = hits[:depth]
        scores = reranker.scores(request.query, [hit.passage.content for hit in head])
        finite(np.array(scores), f"The reranker {reranker.id}")
        if (weight := reranker.weight) is not None:
            scores = [hit.score + weight * score for hit, score in zip(head, scores, strict=True)]
        order = sorted(range(len(head)), key=lambda place: (-scores[place], place))
        best = [
            replace(head[place], score=scores[place], ranks={**head[place].ranks, "rerank": rank})
            for rank, place in enumerate(order, start=1)
        ]
        return best + hits[depth:]

    def _snapshot(self, view: View, min_seq: int, wait_s: float) -> Snapshot:
        index = self.indexes.get(view, wait_s)
        snapshot = index.snapshot
        if snapshot.seq >= min_seq:
            return snapshot
        newest = last_seq(self._store, view.domain_id)
        if newest < min_seq:
            message = f"There is no change {min_seq} in this domain yet; the newest is {newest}."
            raise InvalidInputError(message, code="no_such_change", param="min_seq")
        snapshot = index.follow(wait_s)
        if snapshot.seq < min_seq:
            raise IndexBehindError(f"The index is at change {snapshot.seq}; {min_seq} was asked for. Try again.")
        return snapshot

    def check_release(self, plan: SearchPlan) -> None:
        """Raise `ConflictError` if a search under this release would be refused: its space, passages or reranker."""
        self.view("", plan)
        if plan.reranker is not None and plan.retrieval.rerank:
            self._loaded_reranker(plan.reranker)

    def _loaded_reranker(self, wanted: str | None) -> Reranker:
        """Return the reranker if it is the one that is wanted, or any if none is named."""
        if self.reranker is not None and wanted in (None, self.reranker.id):
            return self.reranker
        have = self.reranker.id if self.reranker else "none"
        message = f"The reranker {wanted or 'asked for'} is not loaded; configured is {have} (retriever.reranker)."
        raise ConflictError(message, code="no_reranker")


def _named(found: Candidates, hits: Sequence[Hit], reranked: Sequence[Hit]) -> dict[str, Json]:
    """Return the stages of a search for people: passages by their ids, with rank order and score of each stage."""
    names = {hit.passage.text_id: hit.passage.id for hit in hits}

    def show(pairs: Sequence[tuple[int, float]]) -> list[Json]:
        ordered = sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
        return [{"passage_id": names[key], "score": score} for key, score in ordered if key in names]

    return {
        "dense": show(found.dense),
        "lexical": show(found.lexical),
        "fusion": show(found.fused),
        "weights": {"dense": round(found.weight, 4), "lexical": round(1.0 - found.weight, 4)},
        "unknown_share": found.unknown_share,
        "rerank": [{"passage_id": hit.passage.id, "score": hit.score} for hit in reranked] or None,
    }
