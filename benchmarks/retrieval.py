"""Retrieval quality on every set: `python -m benchmarks.retrieval --data DIR --home DIR [SET...]`.

Prints nDCG@10 and recall@10 over documents (a document is as good as its best passage) for Tandem's lexical, dense,
hybrid and reranked search with default settings, and beside them for BM25 of bm25s over whole documents and for
sentence-transformers with FAISS over the same passages. The data folder at --home is kept: a second run only searches.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.retrieval_metrics import ndcg, recall
from benchmarks.sets import ALL, RetrievalSet, data_folder, read_set
from generator.engine import Engine
from retriever.encoder_files import default_encoder
from retriever.reranker import ReadingReranker
from retriever.search import Request
from store.documents import receive
from store.domains import Domain, get_domain
from store.errors import NotFoundError
from store.passages import live_texts, read_contents, read_passages

_DEEP = 100  # passages looked at, so that ten documents are among them
SYSTEMS = ("lexical", "dense", "hybrid", "reranked", "bm25s", "st+faiss")
Search = Callable[[str], list[str]]


def main() -> None:
    """Measure and print a Markdown table; with --json keep the numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", default=ALL)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--split", default="test")
    parser.add_argument("--systems", default=",".join(SYSTEMS))
    parser.add_argument("--limit", type=int, default=1000, help="queries per set and system, evenly spaced")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    data, systems = data_folder(options.data), options.systems.split(",")
    results: dict[str, dict[str, Any]] = {}
    print("| set | queries | " + " | ".join(systems) + " |\n|---|---|" + "---|" * len(systems))
    with Engine.open(options.home) as engine:
        engine.retriever.reranker = ReadingReranker(engine.reader)
        for name in options.sets:
            found = read_set(data / name, options.split)
            domain = ingested(engine, found)
            queries = spread(sorted(found.queries), options.limit)
            results[name] = {"queries": len(queries)}
            for system in systems:
                results[name][system] = measure(search_of(system, engine, domain, found), found, queries)
            cells = [f"{each['ndcg']:.3f} / {each['recall']:.3f}" for each in list(results[name].values())[1:]]
            print(f"| {name} | {len(queries)} | " + " | ".join(cells) + " |", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


def ingested(engine: Engine, found: RetrievalSet) -> Domain:
    """Return the domain of a set, with all its documents searchable; what is there already is not done again."""
    name = found.name.replace("_", "-")
    try:
        domain = get_domain(engine.store, name)
    except NotFoundError:
        domain = engine.create_domain(name)
    waiting = []
    for key, title, text in found.documents:
        document, _ = receive(engine.store, domain.id, key, text.encode(), title=title or key, media_type="text/plain")
        waiting.append(document)
    begun = time.monotonic()
    engine.make_searchable(waiting)
    if time.monotonic() - begun > 10:
        print(f"<!-- {name}: {len(waiting)} documents in {time.monotonic() - begun:.0f} s -->", flush=True)
    return domain


def measure(search: Search, found: RetrievalSet, queries: Sequence[str]) -> dict[str, float]:
    """Return the means of both metrics, and the median milliseconds of a query."""
    rows = []
    for key in queries:
        begun = time.perf_counter()
        ranked = search(found.queries[key]) if found.queries[key].strip() else []
        spent = time.perf_counter() - begun
        rows.append((ndcg(ranked, found.qrels[key]), recall(ranked, found.qrels[key]), spent))
    gains, recalls, times = zip(*rows, strict=True)
    return {"ndcg": float(np.mean(gains)), "recall": float(np.mean(recalls)), "ms": float(np.median(times)) * 1000}


def search_of(system: str, engine: Engine, domain: Domain, found: RetrievalSet) -> Search:
    """Return a system as a function from a query to document ids, best first."""
    if system == "bm25s":
        return whole_document_bm25(found)
    if system == "st+faiss":
        return sentence_transformers(engine, domain)
    manifest = engine.default_manifest()
    mode: Any = "hybrid" if system == "reranked" else system

    def search(query: str) -> list[str]:
        request = Request(query, _DEEP, mode, rerank=system == "reranked")
        hits = engine.retriever.search(domain.id, manifest, request).hits
        return list(dict.fromkeys(hit.passage.external_id for hit in hits))

    return search


def whole_document_bm25(found: RetrievalSet) -> Search:
    """Return bm25s over titles and texts: its English tokenizer with stop words, bigrams for Chinese."""
    import bm25s

    from retriever.analysis import cjk_share, terms

    texts = [f"{title}\n{text}" for _, title, text in found.documents]
    chinese = cjk_share("".join(found.queries.values())) > 0.3

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


def sentence_transformers(engine: Engine, domain: Domain) -> Search:
    """Return sentence-transformers with the same weights and an exact FAISS index over the same passages."""
    import faiss
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(default_encoder()), device="cpu", local_files_only=True)
    passage_set = engine.retriever.settings.chunker.passage_set
    texts = dict(read_contents(engine.store, live_texts(engine.store, domain.id, passage_set).live))
    owners: dict[int, list[str]] = {}
    for passage in read_passages(engine.store, domain.id, texts, passage_set):
        owners.setdefault(passage.text_id, []).append(passage.external_id)
    kept = engine.store.folder.indexes.parent / f"st-{domain.name}-{len(texts)}.npy"
    if kept.is_file():
        vectors = np.load(kept, allow_pickle=False)
    else:
        vectors = model.encode(list(texts.values()), normalize_embeddings=True, show_progress_bar=False)
        np.save(kept, vectors)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    keys = list(texts)

    def search(query: str) -> list[str]:
        vector = model.encode([query], normalize_embeddings=True, show_progress_bar=False)
        _, places = index.search(vector, min(_DEEP, len(keys)))
        return list(dict.fromkeys(owner for place in places[0] for owner in owners[keys[place]]))

    return search


def spread(keys: Sequence[str], limit: int) -> list[str]:
    """Return at most `limit` keys, evenly spaced."""
    step = max(1.0, len(keys) / limit)
    return [keys[int(number * step)] for number in range(min(limit, len(keys)))]


if __name__ == "__main__":
    main()
