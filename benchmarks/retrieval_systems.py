"""What `benchmarks.retrieval` compares: each system is a function from a query to document ids, best first."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from benchmarks.sets import RetrievalSet
from benchmarks.vector_cache import VectorCache
from generator.engine import Engine
from retriever.models.encoder_files import default_encoder
from retriever.models.quiet import quiet_transformers
from retriever.search.search import Request
from retriever.text.analysis import terms
from retriever.text.language import is_cjk_text
from store.domains import Domain
from store.passages import live_texts, read_contents, read_passages

DEEP = 100  # passages looked at, so that ten documents are among them
SYSTEMS = ("lexical", "dense", "hybrid", "reranked", "bm25s", "st")
Search = Callable[[str], list[str]]


def absent(system: str, engine: Engine) -> str | None:
    """Return why a system cannot run here, or None if it can."""
    if system == "reranked" and engine.retriever.reranker is None:
        return "no reranker is configured (--reranker)"
    if system == "bm25s" and find_spec("bm25s") is None:
        return "bm25s is not installed"
    return None


def search_of(system: str, engine: Engine, domain: Domain, found: RetrievalSet, kept: VectorCache) -> Search:
    """Return a system that searches the documents of the set, which are searchable in the domain."""
    if system == "bm25s":
        return whole_document_bm25(found)
    if system == "st":
        return sentence_transformers(engine, domain, kept)
    return tandem(system, engine, domain)


def tandem(system: str, engine: Engine, domain: Domain) -> Search:
    """Return Tandem's own search in one mode, under the release that a new domain gets."""
    plan = engine.default_manifest().search_plan
    mode: Any = "hybrid" if system == "reranked" else system

    def search(query: str) -> list[str]:
        request = Request(query, DEEP, mode, rerank=system == "reranked")
        hits = engine.retriever.search(domain.id, plan, request).hits
        return list(dict.fromkeys(hit.passage.external_id for hit in hits))

    return search


def whole_document_bm25(found: RetrievalSet) -> Search:
    """Return bm25s over titles and texts: its English tokenizer with stop words, bigrams for Chinese."""
    import bm25s

    texts = [f"{title}\n{text}" for _, title, text in found.documents]
    chinese = is_cjk_text("".join(found.queries.values()))

    def tokens(several: list[str]) -> Any:
        if chinese:
            return [terms(text) for text in several]
        return bm25s.tokenize(several, stopwords="en", return_ids=False, show_progress=False)

    index = bm25s.BM25(k1=1.2, b=0.75)
    index.index(tokens(texts), show_progress=False)

    def search(query: str) -> list[str]:
        places, scores = index.retrieve(tokens([query]), k=min(10, len(texts)), show_progress=False)
        return [found.documents[place][0] for place, score in zip(places[0], scores[0], strict=True) if score > 0]

    return search


def sentence_transformers(engine: Engine, domain: Domain, kept: VectorCache) -> Search:
    """Return sentence-transformers with the same weights and an exact FAISS index over the same passages."""
    import faiss

    model: list[Any] = []  # loaded at the first text that is not kept: it takes seconds

    def encode(texts: Any) -> Any:
        from sentence_transformers import SentenceTransformer

        if not model:
            with quiet_transformers():
                model.append(SentenceTransformer(str(default_encoder()), device="cpu", local_files_only=True))
        return model[0].encode(list(texts), normalize_embeddings=True, show_progress_bar=False)

    passage_set = engine.retriever.settings.chunker.passage_set
    texts = dict(read_contents(engine.store, live_texts(engine.store, domain.id, passage_set).live))
    owners: dict[int, list[str]] = {}
    for passage in read_passages(engine.store, domain.id, texts, passage_set):
        owners.setdefault(passage.text_id, []).append(passage.external_id)
    vectors = kept.vectors("passage", list(texts.values()), encode)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    keys = list(texts)

    def search(query: str) -> list[str]:
        _, places = index.search(kept.vectors("query", [query], encode), min(DEEP, len(keys)))
        return list(dict.fromkeys(owner for place in places[0] for owner in owners[keys[place]]))

    return search
