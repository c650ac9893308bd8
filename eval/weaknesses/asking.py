"""An arm, asked again: what it finds deep down, and what it answers from passages that are chosen for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from generator.answer import Answer
from generator.answering import Pinned, Question
from generator.engine import Engine
from retriever.search.filters import Comparison
from retriever.search.search import Hit, Request, Result
from store.documents import existing_documents, get_version


@dataclass(frozen=True)
class Asking:
    """An arm under its release."""

    engine: Engine
    pinned: Pinned

    @property
    def shown(self) -> int:
        """How many passages the arm shows."""
        return self.pinned.manifest.retrieval.passages

    def search(self, query: str, limit: int, documents: Sequence[str] = ()) -> Result:
        """Return the first hits, of these documents alone if ids are given."""
        known = existing_documents(self.engine.store, documents)
        names = [document.external_id for document in known if document.domain_id == self.pinned.domain_id]
        only = Comparison(type="in", key="external_id", value=list(names)) if documents else None
        request = Request(query, limit, self.pinned.manifest.retrieval.mode, filters=only)
        return self.engine.retriever.search(self.pinned.domain_id, self.pinned.manifest.search_plan, request)

    def texts(self, documents: Sequence[str]) -> list[str]:
        """Return the texts of those documents that are there and were read."""
        store, domain = self.engine.store, self.pinned.domain_id
        known = [each for each in existing_documents(store, documents) if each.domain_id == domain and each.passages]
        return [text for each in known if (text := get_version(store, domain, each.id).text) is not None]

    def answer(self, question: str, found: Result, hits: Sequence[Hit]) -> Answer:
        """Return what is answered from these hits of a search, however weak the evidence is."""
        manifest = self.pinned.manifest
        thresholds = manifest.thresholds.model_copy(update={"evidence": 0.0})
        pinned = replace(self.pinned, manifest=manifest.model_copy(update={"thresholds": thresholds}))
        return self.engine.answerer.answer(pinned, Question(question, fall_back=False), replace(found, hits=list(hits)))
