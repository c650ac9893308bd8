"""Search: both indexes, fusion, and the passages behind the hits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from retriever.index.domain_index import DomainIndex, Snapshot, View
from retriever.index.open_indexes import IndexBehindError, OpenIndexes
from retriever.models.encoder import Encoder
from retriever.models.finite import finite
from retriever.models.reranker import Reranker
from retriever.search.candidates import Asked, Candidates, Mode, find_candidates, places
from retriever.search.filters import Filter, allowed_texts
from retriever.search.fusion import UNREADABLE
from retriever.search.legibility import Legibility
from retriever.search.retrieval_part import SearchPlan
from retriever.settings import RetrieverSettings
from store.errors import ConflictError, InvalidInputError
from store.passages import Passage, last_seq, read_passages
from store.store import Store


@dataclass(frozen=True)
class Request:
    """A search: `top_k` hits, at least as new as the change `min_seq`.

    Where another thread is opening the index or bringing it to that change, the search waits `wait_s` seconds for it.
    """

    query: str
    top_k: int = 10
    mode: Mode | None = None  # None: as the release says
    rerank: bool | None = None  # None: as the release says
    filters: Filter | None = None
    min_seq: int = 0
    wait_s: float = 60.0


@dataclass(frozen=True)
class Hit:
    """A passage found; `also_in` names further documents with the same text.

    `ranks` begin at 1 and are places among the candidates of the search.
    """

    passage: Passage
    score: float
    ranks: dict[str, int | None]
    cosine: float | None
    also_in: list[str]


@dataclass(frozen=True)
class Result:
    """Hits, best first, and the change they are true at. What only some callers want is made when it is asked for."""

    hits: list[Hit]
    index_seq: int
    weigh: Callable[[], dict[str, float]] = field(repr=False, compare=False)
    explain: Callable[[], dict[str, Any]] = field(repr=False, compare=False)

    @cached_property
    def term_weights(self) -> dict[str, float]:
        """How rare each stem of the query is in the domain."""
        return self.weigh()

    @property
    def stages(self) -> dict[str, Any]:
        """What each stage found, for people, from more passages than the hits."""
        return self.explain()


class Retriever:
    """Searches the domains of a store. It opens an index at the first need of it and keeps it."""

    def __init__(
        self, store: Store, settings: RetrieverSettings, encoder: Encoder, reranker: Reranker | None = None
    ) -> None:
        self.encoder = encoder
        self.reranker = reranker
        self.legibility = Legibility(store, encoder.space_id)
        self.settings = settings
        self._store = store
        self.indexes = OpenIndexes(store, self.view, settings.checkpoint_every)

    def view(self, domain_id: str) -> View:
        """Return the view that this retriever searches in a domain."""
        return View(domain_id, self.settings.chunker.passage_set, self.encoder.space_id, self.encoder.dimension)

    def index(self, domain_id: str, wait_s: float = -1) -> DomainIndex:
        """Return the domain's index, opening it if needed.

        Raises `IndexBehindError` if another thread is opening it for longer than `wait_s` (-1: wait for it).
        """
        return self.indexes.get(domain_id, wait_s)

    def shown(self, domain_id: str) -> int | None:
        """Return the change that the domain's index shows, None while it is not open."""
        return self.indexes.shown(domain_id)

    def forget(self, domain_id: str) -> None:
        """Drop the index of a domain that was deleted."""
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
        self._check_space(plan)
        snapshot = self._snapshot(domain_id, request.min_seq, request.wait_s)
        allowed: set[int] | None = None
        documents: set[str] | None = None
        if request.filters is not None:
            passage_set = self.settings.chunker.passage_set
            allowed, documents = allowed_texts(self._store, domain_id, passage_set, request.filters)
        unknown = max(self.encoder.unknown_share(request.query), self.legibility.unknown_share(domain_id, snapshot.seq))
        settings = plan.retrieval
        mode = request.mode or settings.mode
        wanted = max(request.top_k, self._rerank_depth(request, plan))
        # Of one index alone some more hits than wanted do, in place of those deleted meanwhile.
        limit = 2 * wanted if mode == "dense" else max(settings.candidates, request.top_k)
        asked = Asked(request.query, mode, limit, unknown, allowed)
        found = find_candidates(snapshot, self.encoder, asked, settings)
        hits = self._reranked(self._hits(domain_id, documents, found, wanted), request, plan)

        def explain() -> dict[str, Any]:
            everything = self._hits(domain_id, documents, found, len(found.fused))
            return _named(found, everything, [hit for hit in hits if hit.ranks["rerank"] is not None])

        weigh = partial(snapshot.lexical.term_weights, request.query)
        return Result(hits[: request.top_k], snapshot.seq, weigh, explain)

    def _hits(self, domain_id: str, documents: set[str] | None, found: Candidates, wanted: int) -> list[Hit]:
        """Return the best hits, at least `wanted` of them if there are; what was deleted meanwhile is left out."""
        dense, lexical = places(found.dense), places(found.lexical)
        cosines = dict(found.dense) if found.unknown_share <= UNREADABLE else {}  # else they mean nothing
        hits: list[Hit] = []
        for start in range(0, len(found.fused), wanted):
            fused = found.fused[start : start + wanted]
            owners = self._owners(domain_id, documents, [key for key, _ in fused])
            for key, score in fused:
                if key not in owners:  # deleted after the snapshot was made: nobody may see it any more
                    continue
                first, *others = owners[key]
                place = {"dense": dense.get(key), "lexical": lexical.get(key), "rerank": None}
                also_in = sorted({other.document_id for other in others} - {first.document_id})
                hits.append(Hit(first, score, place, cosines.get(key), also_in))
            if len(hits) >= wanted:
                break
        return hits

    def _owners(self, domain_id: str, documents: set[str] | None, text_ids: Sequence[int]) -> dict[int, list[Passage]]:
        """Return the passages with these texts, of the allowed documents."""
        owners: dict[int, list[Passage]] = {}
        for passage in read_passages(self._store, domain_id, text_ids, self.settings.chunker.passage_set):
            if documents is None or passage.document_id in documents:
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
        scores = reranker.scores(request.query, [hit.passage.text for hit in head])
        finite(np.array(scores), f"The reranker {reranker.id}")
        if (weight := reranker.weight) is not None:
            scores = [hit.score + weight * score for hit, score in zip(head, scores, strict=True)]
        order = sorted(range(len(head)), key=lambda place: (-scores[place], place))
        best = [
            replace(head[place], score=scores[place], ranks={**head[place].ranks, "rerank": rank})
            for rank, place in enumerate(order, start=1)
        ]
        return best + hits[depth:]

    def _snapshot(self, domain_id: str, min_seq: int, wait_s: float) -> Snapshot:
        index = self.index(domain_id, wait_s)
        snapshot = index.snapshot
        if snapshot.seq >= min_seq:
            return snapshot
        newest = last_seq(self._store, domain_id)
        if newest < min_seq:
            message = f"There is no change {min_seq} in this domain yet; the newest is {newest}."
            raise InvalidInputError(message, code="no_such_change", param="min_seq")
        snapshot = index.follow(wait_s)
        if snapshot.seq < min_seq:
            raise IndexBehindError(f"The index is at change {snapshot.seq}; {min_seq} was asked for. Try again.")
        return snapshot

    def check_release(self, plan: SearchPlan) -> None:
        """Raise `ConflictError` if a search under this release would be refused: its space, passages or reranker."""
        self._check_space(plan)
        if plan.reranker is not None and plan.retrieval.rerank:
            self._loaded_reranker(plan.reranker)

    def _loaded_reranker(self, wanted: str | None) -> Reranker:
        """Return the reranker if it is the one that is wanted, or any if none is named."""
        if self.reranker is not None and wanted in (None, self.reranker.id):
            return self.reranker
        have = self.reranker.id if self.reranker else "none"
        message = f"The reranker {wanted or 'asked for'} is not loaded; configured is {have} (retriever.reranker)."
        raise ConflictError(message, code="no_reranker")

    def _check_space(self, plan: SearchPlan) -> None:
        spaces = ("space_id", plan.space_id, self.encoder.space_id)
        sets = ("passage_set", plan.passage_set, self.settings.chunker.passage_set)
        for key, wanted, mine in (spaces, sets):
            if wanted != mine:
                raise ConflictError(
                    f"The release needs the {key} {wanted}; this server is set up for {mine}. "
                    "Restore the [retriever] settings that the release was made with.",
                    code="wrong_space",
                )


def _named(found: Candidates, hits: Sequence[Hit], reranked: Sequence[Hit]) -> dict[str, Any]:
    """Return the stages of a search for people: passages by their ids, with rank order and score of each stage."""
    names = {hit.passage.text_id: hit.passage.id for hit in hits}

    def show(pairs: Sequence[tuple[int, float]]) -> list[dict[str, Any]]:
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
