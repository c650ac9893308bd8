"""The engine: documents in, cited answers out, in one process and without a server.

It composes store, retriever and generators from their settings. The service, the evaluation and the tuning all run on
it, and it is the way to use Tandem as a library.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from generator.answer import Answer
from generator.answering import Answerer, Pinned, Question
from generator.base_models import BaseModels
from generator.first_release import first_manifest
from generator.followups.rewriting import Understanding
from generator.loading import LoadedBackends
from generator.manifest import Manifest
from generator.prompt import load_prompt
from generator.releases import typed
from generator.seed import SEED
from generator.settings import GeneratorSettings
from generator.shots import ShotBank, check_bank
from retriever.documents.formats.table import format_of_upload
from retriever.documents.ingest import Tell, ingest_documents
from retriever.documents.memory import give_back
from retriever.documents.reading import Reading
from retriever.index.verification import verify_folder
from retriever.models.encoder import Encoder
from retriever.models.encoder_files import default_cache
from retriever.models.encoders import Encoders
from retriever.models.load import load_encoder
from retriever.models.reranker import load_reranker
from retriever.models.span_reader import OpenVinoReader, Reader
from retriever.search.search import Request, Result, Retriever
from retriever.settings import RetrieverSettings
from store.documents import Document, delete_document
from store.domains import Domain, create_domain, get_domain
from store.errors import NotFoundError
from store.json_values import JsonObject
from store.models import Model, get_model
from store.receiving import receive
from store.recovery import recover
from store.releases import served_release
from store.store import Store

_MUCH = 1_000_000  # bytes of documents after whose ingest the memory is given back: it takes milliseconds


class Engine:
    """Answers from the documents of a store. Safe to use from many threads."""

    def __init__(
        self,
        store: Store,
        retriever: RetrieverSettings,
        generator: GeneratorSettings,
        encoder: Encoder | None = None,
        reader: Reader | None = None,
    ) -> None:
        self.store = store
        self.settings = generator
        self.reading = Reading(scratch=store.folder.temporary)
        self.reader = reader or OpenVinoReader(retriever)
        reranker = load_reranker(retriever, self.reader)
        self.retriever = Retriever(store, retriever, Encoders(encoder or load_encoder(retriever)), reranker)
        self.base_models = BaseModels(store, generator.base_model, retriever.cache or default_cache())
        self.backends = LoadedBackends(store, generator, self.retriever.encoder, self.base_models)
        understanding = Understanding(0.0 if generator.base_model == SEED else generator.rewrite_s)
        self.answerer = Answerer(
            self.retriever,
            self.reader,
            self.backends.of,
            lambda key: get_model(store, key),
            understanding,
            ShotBank(store, self.retriever).shots,
        )

    @classmethod
    @contextmanager
    def open(
        cls, home: Path, retriever: RetrieverSettings | None = None, generator: GeneratorSettings | None = None
    ) -> Iterator[Engine]:
        """Give an engine that owns the data folder `home` for the time of the context."""
        store = Store.open(home)
        with store.folder.lock({"command": "engine"}):
            recover(store)
            engine = cls(store, retriever or RetrieverSettings(), generator or GeneratorSettings())
            try:
                yield engine
            finally:
                engine.close()
                store.close()

    def default_manifest(self) -> Manifest:
        """Return the manifest of a new domain's first release: extractive, or the configured model with passages."""
        base = self.base_model or (self.base_models.current() if self.settings.base_model else None)
        return first_manifest(self.retriever, self.settings, base)

    @property
    def base_model(self) -> Model | None:
        """The configured base model, if there is one."""
        return self.base_models.model

    def with_base_model(self, manifest: Manifest) -> Manifest:
        """Return the manifest with the base model that its backend needs: the configured one, or none."""
        return self.base_models.put_into(manifest)

    def check_servable(self, manifest: Manifest) -> None:
        """Raise a `TandemError` that names what this server lacks to answer under a release; no model is asked."""
        self.retriever.check_release(manifest.search_plan)
        load_prompt(manifest.prompt.name, manifest.prompt.sha256)
        check_bank(self.store, manifest)
        _, adapter = self.answerer.serve(manifest, manifest.generation.arm)
        self.backends.check(manifest)
        if adapter is not None:
            self.backends.check_adapter(get_model(self.store, adapter))

    def create_domain(self, name: str, description: str = "", metadata: JsonObject | None = None) -> Domain:
        """Create a domain with a first release."""
        manifest = self.default_manifest()
        return create_domain(self.store, name, manifest.as_json(), description, metadata, manifest.models)

    def domain(self, name: str) -> Domain:
        """Return the domain of that name; it is created if it is missing."""
        try:
            return get_domain(self.store, name)
        except NotFoundError:
            return self.create_domain(name)

    def pin(self, domain: str) -> Pinned:
        """Return the active release of the domain of that name, for one request, or raise `NotFoundError`."""
        release = typed(served_release(self.store, domain))
        return Pinned(release.domain_id, release.id, release.manifest)

    def add(self, domain: str, external_id: str, text: str | bytes, title: str | None = None) -> Document:
        """Store a document of any format and make it searchable; `external_id` is its file name."""
        data = text.encode() if isinstance(text, str) else text
        found = get_domain(self.store, domain)
        kind = format_of_upload(external_id, data).format.media_type
        document, _ = receive(self.store, found.id, external_id, data, title=title, media_type=kind)
        return self.make_searchable([document])[0]

    def make_searchable(
        self, documents: Sequence[Document], tell: Tell = lambda *_: None, *, vectors_later: bool = False
    ) -> list[Document]:
        """Ingest received documents and return them as they are then; the next search sees them.

        One that somebody deletes meanwhile is returned as it was. `tell` is called with each whose text is not certain.
        With `vectors_later` a large one is found by its words when this returns, and the vectors that it awaits are
        left to a job `ingest`.
        """
        waiting = [document for document in documents if document.status in ("received", "parsed")]
        encoder, settings = self.retriever.encoder, self.retriever.settings
        ingested = ingest_documents(
            self.store, self.reading, encoder, settings, waiting, tell, vectors_later=vectors_later
        )
        done = {document.id: document for document in ingested}
        tidy = give_back if sum(document.bytes for document in waiting) >= _MUCH else lambda: None
        tidy()
        for domain_id in {document.domain_id for document in documents}:
            self.retriever.index(domain_id).follow()
            self.retriever.indexes.follow_domain(domain_id)
        tidy()
        return [done.get(document.id, document) for document in documents]

    def delete(self, domain_id: str, document_id: str) -> None:
        """Delete a document; when this returns, no later search finds it."""
        with self.store.folder.space.reserved_room():
            delete_document(self.store, domain_id, document_id)
            self.retriever.indexes.follow_domain(domain_id)

    def search(self, domain: str, request: Request) -> Result:
        """Return the passages that fit best."""
        pinned = self.pin(domain)
        return self.retriever.search(pinned.domain_id, pinned.manifest.search_plan, request)

    def ask(self, domain: str, question: str | Question) -> Answer:
        """Answer a question under the domain's active release."""
        asked = Question(question) if isinstance(question, str) else question
        return self.answerer.answer(self.pin(domain), asked)

    def verify(self) -> list[str]:
        """Return a sentence for every violated invariant of the store and of its indexes, as of one moment."""
        return verify_folder(self.store.folder.root)

    def close(self, *, checkpoint: bool = True) -> None:
        """Drop the indexes; with `checkpoint` write them first, as only the owner of the data folder may."""
        self.reading.close()
        self.backends.close()
        self.retriever.close(checkpoint=checkpoint)
