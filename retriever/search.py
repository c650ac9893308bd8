"""Search: both indexes, fusion, and the passages behind the hits."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy.exc import SQLAlchemyError

from retriever.encoder import Encoder
from retriever.filters import Filter, allowed_texts
from retriever.fusion import UNREADABLE, reciprocal_ranks, weights_for
from retriever.index import DomainIndex, Snapshot, View
from retriever.settings import RetrieverSettings
from store.errors import ConflictError, InvalidInputError, NotReadyError
from store.passages import Passage, read_passages
from store.store import Store

Mode = Literal["hybrid", "dense", "lexical"]
_WAIT_S = 5.0
_LOG = logging.getLogger("tandem")


@dataclass(frozen=True)
class Request:
    """A search: `top_k` hits, at least as new as the change `min_seq`."""

    query: str
    top_k: int = 10
    mode: Mode | None = None  # None: as the release says
    filters: Filter | None = None
    min_seq: int = 0


@dataclass(frozen=True)
class Hit:
    """A passage found; `also_in` names further documents with the same text. `ranks` begin at 1."""

    passage: Passage
    score: float
    ranks: dict[str, int | None]
    cosine: float | None
    also_in: list[str]


@dataclass(frozen=True)
class Result:
    """Hits, best first, and the change they are true at; `stages` is what `explain` shows.

    `term_weights` says how rare each stem of the query is in the domain.
    """

    hits: list[Hit]
    index_seq: int
    stages: dict[str, Any]
    term_weights: dict[str, float]


class Retriever:
    """Searches the domains of a store. It opens an index at the first need of it and keeps it."""

    def __init__(self, store: Store, settings: RetrieverSettings, encoder: Encoder) -> None:
        self.encoder = encoder
        self.settings = settings
        self._store = store
        self._indexes: dict[str, DomainIndex] = {}
        self._turns: dict[str, threading.Lock] = {}
        self._opening = threading.Lock()

    def view(self, domain_id: str) -> View:
        """Return the view that this retriever searches in a domain."""
        return View(domain_id, self.settings.chunker.passage_set, self.encoder.space_id, self.encoder.dimension)

    def index(self, domain_id: str) -> DomainIndex:
        """Return the domain's index, opening it if needed."""
        found = self._indexes.get(domain_id)
        if found is not None:
            return found
        with self._opening:
            turn = self._turns.setdefault(domain_id, threading.Lock())
        with turn:  # only those wait who ask for the same domain
            if domain_id not in self._indexes:
                index = DomainIndex(self._store, self.view(domain_id), self.settings.checkpoint_every)
                index.follow()  # a checkpoint is behind the log
                self._indexes[domain_id] = index
            return self._indexes[domain_id]

    def forget(self, domain_id: str) -> None:
        """Drop the index of a domain that was deleted."""
        index = self._indexes.pop(domain_id, None)
        if index is not None:
            index.close()

    def follow(self) -> None:
        """Publish what changed in every open index; one that cannot be followed now does not stop the others."""
        for domain_id, index in list(self._indexes.items()):
            try:
                index.follow()
            except (OSError, ValueError, SQLAlchemyError):
                _LOG.exception("the index of %s could not be followed", domain_id)

    def close(self, *, checkpoint: bool) -> None:
        """Drop all indexes; with `checkpoint` write them first, as only the owner of the data folder may."""
        for domain_id, index in list(self._indexes.items()):
            try:
                if checkpoint:
                    index.checkpoint()
            except (OSError, ValueError, SQLAlchemyError):  # it is only a cache: the next start rebuilds it
                _LOG.exception("the index of %s could not be written", domain_id)
            index.close()
        self._indexes.clear()

    def search(self, domain_id: str, manifest: dict[str, Any], request: Request) -> Result:
        """Return the passages of the domain that fit best, under the release with this manifest."""
        if not request.query.strip():
            raise InvalidInputError("The query is empty.", code="empty_query", param="query")
        self._check_release(manifest)
        snapshot = self._snapshot(domain_id, request.min_seq)
        allowed: set[int] | None = None
        documents: set[str] | None = None
        if request.filters is not None:
            passage_set = self.settings.chunker.passage_set
            allowed, documents = allowed_texts(self._store, domain_id, passage_set, request.filters)
        found, ranked = self._rank(snapshot, request, manifest["retrieval"], allowed)
        hits = self._hits(domain_id, found, documents, ranked)
        term_weights = snapshot.lexical.term_weights(request.query)
        stages = _named(ranked, found, hits)
        return Result(hits[: request.top_k], snapshot.seq, stages, term_weights)

    def _rank(
        self, snapshot: Snapshot, request: Request, settings: dict[str, Any], allowed: set[int] | None
    ) -> tuple[list[tuple[int, float]], dict[str, Any]]:
        mode = request.mode or settings["mode"]
        limit = max(settings["candidates"], request.top_k)
        rankings: dict[str, list[tuple[int, float]]] = {"dense": [], "lexical": []}
        if mode != "dense":
            rankings["lexical"] = snapshot.lexical.search(request.query, limit, allowed)
        unknown = self.encoder.unknown_share(request.query)
        weights = weights_for(unknown, len(rankings["lexical"]))
        if mode == "dense" or (mode == "hybrid" and weights["dense"] > 0):
            weights["dense"] = 1.0
            vector = self.encoder.encode_queries([request.query])
            rankings["dense"] = snapshot.dense.search(vector, limit, allowed)
        keys = {name: [key for key, _ in ranking] for name, ranking in rankings.items()}
        fused = reciprocal_ranks(keys, weights, settings["rank_constant"])
        return fused, {"rankings": rankings, "weights": weights, "unknown_share": unknown}

    def _hits(
        self, domain_id: str, found: Sequence[tuple[int, float]], documents: set[str] | None, stages: dict[str, Any]
    ) -> list[Hit]:
        owners: dict[int, list[Passage]] = {}
        passage_set = self.settings.chunker.passage_set
        for passage in read_passages(self._store, domain_id, [key for key, _ in found], passage_set):
            if documents is None or passage.document_id in documents:
                owners.setdefault(passage.text_id, []).append(passage)
        ranks = {
            name: {key: rank for rank, (key, _) in enumerate(ranking, start=1)}
            for name, ranking in stages["rankings"].items()
        }
        readable = stages["unknown_share"] <= UNREADABLE  # else the cosines mean nothing
        cosines = dict(stages["rankings"]["dense"]) if readable else {}
        hits = []
        for key, score in found:
            if key not in owners:  # deleted after the snapshot was made: nobody may see it any more
                continue
            first, *others = owners[key]
            place = {name: ranks[name].get(key) for name in ranks} | {"rerank": None}
            also_in = sorted({other.document_id for other in others} - {first.document_id})
            hits.append(Hit(first, score, place, cosines.get(key), also_in))
        return hits

    def _snapshot(self, domain_id: str, min_seq: int) -> Snapshot:
        index = self.index(domain_id)
        deadline = time.monotonic() + _WAIT_S
        snapshot = index.snapshot
        while snapshot.seq < min_seq:
            if time.monotonic() > deadline:
                raise NotReadyError(f"The index is at change {snapshot.seq}; {min_seq} was asked for. Try again.")
            snapshot = index.follow()
            if snapshot.seq < min_seq:
                time.sleep(0.02)
        return snapshot

    def _check_release(self, manifest: dict[str, Any]) -> None:
        mine = {"space_id": self.encoder.space_id, "passage_set": self.settings.chunker.passage_set}
        for key, value in mine.items():
            if manifest[key] != value:
                raise ConflictError(
                    f"The release needs the {key} {manifest[key]}; this server is set up for {value}. "
                    "Restore the [retriever] settings that the release was made with.",
                    code="wrong_space",
                )


def _named(ranked: dict[str, Any], fused: Sequence[tuple[int, float]], hits: Sequence[Hit]) -> dict[str, Any]:
    """Return the stages of a search for people: passages by their ids, with rank order and score of each stage."""
    names = {hit.passage.text_id: hit.passage.id for hit in hits}

    def show(pairs: Sequence[tuple[int, float]]) -> list[dict[str, Any]]:
        return [{"passage_id": names[key], "score": score} for key, score in pairs if key in names]

    rankings = {name: show(ranking) for name, ranking in ranked["rankings"].items()}
    rest = {"weights": ranked["weights"], "unknown_share": ranked["unknown_share"], "rerank": None}
    return {**rankings, "fusion": show(fused), **rest}
