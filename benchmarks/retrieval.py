"""Retrieval quality on every set of a data folder: `python -m benchmarks.retrieval --data DIR [--sets a,b]`.

Prints nDCG@10 and recall@10 over documents (a document is as good as its best passage) for Tandem's lexical, dense and
hybrid search with default settings, and beside them for BM25 of bm25s over whole documents and for
sentence-transformers with FAISS over the same passages. For the reranked search, which takes a third of a second, it
prints by how much nDCG@10 differs from that of the hybrid one on a sample of the queries. With --cache each text is
encoded once and for all; with --home the data folder is kept, too. Without --data the folder is that of the environment
variable TANDEM_DATA.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.retrieval_metrics import ndcg, recall
from benchmarks.retrieval_systems import SYSTEMS, Search, absent, search_of
from benchmarks.sets import RetrievalSet, data_folder, find_sets, read_set
from benchmarks.vector_cache import CachedEncoder, VectorCache
from generator.engine import Engine
from retriever.documents.formats.table import MARKDOWN, PLAIN_TEXT
from retriever.models.encoders import Encoders
from retriever.settings import RetrieverSettings
from store.domains import Domain, get_domain
from store.errors import NotFoundError
from store.receiving import NewUpload, receive_all

Results = dict[str, dict[str, Any]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print a Markdown table; with --json keep the numbers."""
    options = parse(arguments)
    data = data_folder(options.data)
    names = options.sets.split(",") if options.sets else find_sets(data)
    systems = options.systems.split(",")
    if wrong := [*(set(names) - set(find_sets(data))), *(set(systems) - set(SYSTEMS))]:
        sys.stderr.write(f"Not known: {', '.join(sorted(wrong))}. Sets: {find_sets(data)}; systems: {SYSTEMS}.\n")
        raise SystemExit(2)
    reranker = None if str(options.reranker) == "none" else options.reranker
    with ExitStack() as opened:
        home = options.home or Path(opened.enter_context(tempfile.TemporaryDirectory()))
        engine = opened.enter_context(Engine.open(home, RetrieverSettings(reranker=reranker)))
        results = compare(engine, [data / name for name in names], systems, options)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--sets", help="names with commas between; default: all of the data folder, small ones first")
    parser.add_argument("--split", default="test")
    parser.add_argument("--systems", default=",".join(SYSTEMS))
    parser.add_argument("--reranker", type=Path, default=Path("reader"), help="`reader`, a cross-encoder's, or `none`")
    parser.add_argument("--rerank-limit", type=int, default=150, help="queries per set that are reranked")
    parser.add_argument("--limit", type=int, default=1000, help="queries per set and system, evenly spaced")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--cache", type=Path, help="folder of vectors kept between runs")
    parser.add_argument("--home", type=Path, help="data folder to keep; default: a temporary one")
    return parser.parse_args(arguments)


def compare(engine: Engine, folders: Sequence[Path], systems: Sequence[str], options: argparse.Namespace) -> Results:
    """Print a row for each set as soon as it is measured; return all figures by set and system."""
    encoder = CachedEncoder(engine.retriever.encoder, options.cache)
    engine.retriever.encoders = Encoders(encoder)
    peers = VectorCache(options.cache, f"st-{encoder.space_id}")
    reasons = {system: absent(system, engine) for system in systems}
    for system, reason in reasons.items():
        if reason:
            print(f"<!-- {system} is left out: {reason} -->")
    shown = [system for system in systems if reasons[system] is None]
    print("| set | queries | " + " | ".join(shown) + " |\n|---|---|" + "---|" * len(shown), flush=True)
    results: Results = {}
    for folder in folders:
        found = read_set(folder, options.split)
        queries = spread(sorted(found.queries), options.limit)
        if not queries:
            print(f"<!-- {found.name} has no judged queries in {options.split} -->", flush=True)
            continue
        domain = ingested(engine, found)
        search = {system: search_of(system, engine, domain, found, peers) for system in {*shown, "hybrid"}}
        figures = {system: measure(search[system], found, queries) for system in shown if system != "reranked"}
        if "reranked" in shown:
            figures["reranked"] = gain(search, found, spread(queries, options.rerank_limit))
        results[found.name] = {"queries": len(queries), **figures}
        cells = [cell(figures[system]) for system in shown]
        print(f"| {found.name} | {len(queries)} | " + " | ".join(cells) + " |", flush=True)
        encoder.cache.save()
        peers.save()
    return results


def ingested(engine: Engine, found: RetrievalSet) -> Domain:
    """Return the domain of a set, with all its documents searchable; what is there already is not done again.

    The title of a document stands before each of its passages, as always in Tandem; a document of a title alone has
    that for a text, and one without either is left out.
    """
    name = found.name.replace("_", "-")
    try:
        domain = get_domain(engine.store, name)
    except NotFoundError:
        domain = engine.create_domain(name)
    uploads = []
    for key, title, text in found.documents:
        if content := text if text.strip() else title.strip():
            kind = (MARKDOWN if key.endswith(".md") else PLAIN_TEXT).media_type
            uploads.append(NewUpload(key, content.encode(), title or key, kind))
    outcomes = receive_all(engine.store, domain.id, uploads)
    waiting = [outcome[0] for outcome in outcomes if isinstance(outcome, tuple)]
    begun = time.monotonic()
    failed = sum(document.status == "failed" for document in engine.make_searchable(waiting))
    if failed or time.monotonic() - begun > 10:
        seconds = time.monotonic() - begun
        print(f"<!-- {name}: {len(waiting)} documents in {seconds:.0f} s, {failed} failed -->", flush=True)
    return domain


def measure(search: Search, found: RetrievalSet, queries: Sequence[str]) -> dict[str, float]:
    """Return the means of both metrics; a query without words finds nothing."""
    rows = []
    for key in queries:
        ranked = search(found.queries[key]) if found.queries[key].strip() else []
        rows.append((ndcg(ranked, found.qrels[key]), recall(ranked, found.qrels[key])))
    gains, recalls = zip(*rows, strict=True)
    return {"ndcg": float(np.mean(gains)), "recall": float(np.mean(recalls))}


def gain(search: Mapping[str, Search], found: RetrievalSet, queries: Sequence[str]) -> dict[str, float]:
    """Return the means of the reranked search on these queries, and its gain in nDCG@10 over the hybrid one."""
    reranked, hybrid = (measure(search[system], found, queries) for system in ("reranked", "hybrid"))
    return {**reranked, "gain": reranked["ndcg"] - hybrid["ndcg"], "queries": len(queries)}


def cell(figures: Mapping[str, float]) -> str:
    """Return what the table shows of a system's figures."""
    return f"{figures['gain']:+.3f}" if "gain" in figures else f"{figures['ndcg']:.3f} / {figures['recall']:.3f}"


def spread(keys: Sequence[str], limit: int) -> list[str]:
    """Return at most `limit` keys, evenly spaced."""
    step = max(1.0, len(keys) / limit)
    return [keys[int(number * step)] for number in range(min(limit, len(keys)))]


if __name__ == "__main__":
    main()
