"""The process that the crash script kills: it owns a data folder and does what users ask for, a transaction each."""

from __future__ import annotations

from collections.abc import Mapping

from fakes import HashEncoder, vectors_of
from writing import PASSAGE_SET, by_words, embed, embed_awaited, line_passages, new_model, take, write_adapter

from retriever.index.domain_index import DomainIndex, View
from store.documents import Cut, delete_document, get_document, list_documents, make_all_searchable
from store.domains import get_domain
from store.jobs import Lease, claim_job, create_job, finish_job
from store.models import list_models, publish_model
from store.receiving import NewUpload, receive_all
from store.releases import create_release, list_releases, promote, rollback
from store.store import Store


class Process:
    """The process that is killed: it owns the folder and keeps an index, as a server does."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.domain = get_domain(store, "handbook")
        self.index = DomainIndex(store, domain_view(self.domain.id), checkpoint_every=1_000)
        self.lease: Lease | None = None

    def receive(self, name: str, text: str) -> None:
        take(self.store, self.domain.id, name, text)

    def embed(self, name: str, text: str) -> None:
        embed(self.store, get_document(self.store, self.domain.id, name), text)

    def receive_together(self, texts: Mapping[str, str]) -> None:
        uploads = [NewUpload(name, text.encode(), name, "text/plain") for name, text in texts.items()]
        receive_all(self.store, self.domain.id, uploads)

    def embed_together(self, texts: Mapping[str, str]) -> None:
        cuts = [
            Cut(get_document(self.store, self.domain.id, name), text, line_passages(text))
            for name, text in texts.items()
        ]
        vectors = vectors_of(HashEncoder(), [passage for cut in cuts for passage in cut.passages])
        assert make_all_searchable(self.store, cuts, PASSAGE_SET, vectors, HashEncoder.space_id) == set()

    def publish_words(self, name: str, text: str) -> None:
        by_words(self.store, get_document(self.store, self.domain.id, name), text)

    def embed_portion(self, count: int) -> None:
        assert embed_awaited(self.store, self.domain.id, count) == count

    def delete(self, name: str) -> None:
        delete_document(self.store, self.domain.id, get_document(self.store, self.domain.id, name).id)

    def snapshot(self) -> None:
        self.index.follow()
        self.index.checkpoint()

    def queue(self) -> None:
        create_job(self.store, "tune", self.domain.id, {"seed": 1})

    def claim(self) -> None:
        claimed = claim_job(self.store)
        assert claimed is not None
        self.lease = claimed[1]

    def publish(self) -> None:
        assert self.lease is not None
        learned = {document.id: document.version for document in list_documents(self.store, self.domain.id)}
        publish_model(self.store, self.lease, new_model(self.domain.id, learned), write_adapter)

    def finish(self) -> None:
        assert self.lease is not None
        finish_job(self.store, self.lease, "succeeded", result={"steps": 3})

    def release(self) -> None:
        adapter = list_models(self.store, self.domain.id)[0].id
        create_release(self.store, self.domain.id, {"adapter": adapter, "label": "tuned"}, {"adapter": adapter})

    def promote(self) -> None:
        release = next(each for each in list_releases(self.store, self.domain.id) if not each.active)
        promote(self.store, release.id, forced=False, reason="better")

    def rollback(self) -> None:
        rollback(self.store, self.domain.id)


def domain_view(domain_id: str) -> View:
    """Return the view of the domain that the script fills."""
    return View(domain_id, PASSAGE_SET, HashEncoder.space_id, HashEncoder.dimension)
