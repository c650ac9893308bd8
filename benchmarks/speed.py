"""Speed beside other systems, in one run: `python -m benchmarks.speed --data DIR [--peers-python PYTHON]`.

Ingest: the same passages with the same weights, each system in a process of its own, one after the other in every
round, the median of the rounds; with nDCG@10 of its search and the paired difference to sentence-transformers, which
computes in float32, so that speed is not bought with quality.
Search: question → vector → ten hits, among --search-passages texts of the load corpus with random vectors.
The peers need what `pip install tandem-rag[peers]` brings; --peers-python names a Python that has it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from benchmarks.retrieval_metrics import ndcg
from benchmarks.sets import RetrievalSet, data_folder, read_set
from benchmarks.speed_tandem import DOMAIN, TandemSystem, served
from eval.significance import bootstrap_mean

_EXACT = "st+faiss"
PEERS = (_EXACT, "llamaindex", "chroma")
INGEST = ("tandem:f32:dense", "tandem:auto:dense", "tandem:int8:dense", *PEERS)
SEARCH = ("tandem:auto:dense", "tandem:auto:hybrid", "tandem:auto:query", *PEERS)
_LONGEST = 500  # characters: what the chunker leaves whole
_QUIET = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "ANONYMIZED_TELEMETRY": "False"}


@dataclass(frozen=True)
class Times:
    """Latencies of a system in milliseconds."""

    p50: float
    p95: float


class Child:
    """A system in a process of its own; see `benchmarks.speed_systems`."""

    def __init__(self, name: str, folder: Path, python: str) -> None:
        command = [python if name in PEERS else sys.executable, "-m", "benchmarks.speed_systems", name, str(folder)]
        pipe = subprocess.PIPE
        environment = os.environ | _QUIET
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)
        self._requests = cast("IO[str]", self._process.stdin)
        self._replies = cast("IO[str]", self._process.stdout)
        self._read()

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the system's answer; `RuntimeError` if its process ended."""
        self._requests.write(json.dumps(request) + "\n")
        self._requests.flush()
        return self._read()

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _read(self) -> dict[str, Any]:
        line = self._replies.readline()
        if not line:
            raise RuntimeError(f"A measured process ended with {self._process.wait()}; its messages are above.")
        return dict(json.loads(line))


def main() -> None:
    """Measure, print the tables and which targets hold; with --json keep the numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--set", default="nq_oracle", help="a set whose documents are passages")
    parser.add_argument("--passages", type=int, default=1500)
    parser.add_argument("--search-passages", type=int, default=25_000)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers-python", default=sys.executable)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    data = data_folder(options.data)
    with tempfile.TemporaryDirectory() as scratch:
        found = cut_set(read_set(data / options.set, "test"), options.passages)
        ingest = measure_ingest(found, options.rounds, options.peers_python, Path(scratch))
        texts = list(islice(load_texts(data / "load_corpus"), options.search_passages))
        queries = list(found.queries.values())[: options.queries]
        search = measure_search(texts, queries, options.rounds, options.peers_python, Path(scratch))
    sys.stdout.write("\n".join([*ingest_table(ingest), "", *search_table(search), "", *targets(ingest, search), ""]))
    if options.json:
        kept = {"ingest": ingest, "search": {name: vars(times) for name, times in search.items()}}
        options.json.write_text(json.dumps(kept, indent=1), encoding="utf-8")


def cut_set(found: RetrievalSet, passages: int) -> RetrievalSet:
    """Return a part of the set: short documents, at most `passages`, and queries whose relevant documents are there."""
    short = {key: (key, title, text) for key, title, text in found.documents if len(text) <= _LONGEST}
    asked = [query for query, grades in sorted(found.qrels.items()) if grades.keys() <= short.keys()]
    needed = [key for query in asked for key in found.qrels[query]]
    kept = {key: short[key] for key in list(dict.fromkeys([*needed, *short]))[:passages]}
    asked = [query for query in asked if found.qrels[query].keys() <= kept.keys()]
    return RetrievalSet(found.name, list(kept.values()), {key: found.queries[key] for key in asked}, found.qrels)


def load_texts(folder: Path) -> Iterator[str]:
    """Yield different texts of passage length from the English part of the load corpus."""
    seen = set()
    for path in sorted(folder.glob("load-en-*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                text = json.loads(line)["text"]
                for piece in (text[start : start + 600].strip() for start in range(0, len(text), 600)):
                    if piece and piece not in seen:
                        seen.add(piece)
                        yield piece


def measure_ingest(found: RetrievalSet, rounds: int, python: str, scratch: Path) -> dict[str, dict[str, float]]:
    """Return passages per second, CPU milliseconds per passage (steadier on a busy machine) and nDCG@10 for each."""
    ids, texts = [document[0] for document in found.documents], [document[2] for document in found.documents]
    seconds: dict[str, list[float]] = {name: [] for name in INGEST}
    busy: dict[str, list[float]] = {name: [] for name in INGEST}
    quality: dict[str, list[float]] = {}
    for number in range(rounds):
        for name in INGEST:
            child = Child(name, scratch / f"ingest-{number}-{name}".replace(":", "-"), python)
            took = child.ask({"ids": ids, "texts": texts, "random": False})
            seconds[name].append(took["seconds"])
            busy[name].append(took["cpu_seconds"])
            if not number:
                hits = child.ask({"queries": list(found.queries.values())})["hits"]
                quality[name] = [ndcg(own, found.qrels[key]) for key, own in zip(found.queries, hits, strict=True)]
            child.close()
    lost = {
        name: bootstrap_mean(np.subtract(own, quality[_EXACT]).tolist(), list(found.queries), 2000, 7, (-1.0, 1.0))
        for name, own in quality.items()
    }
    return {
        name: {
            "passages_per_s": len(ids) / statistics.median(seconds[name]),
            "cpu_ms": statistics.median(busy[name]) / len(ids) * 1000,
            "ndcg@10": statistics.mean(quality[name]),
            "ndcg@10 to float32": lost[name].mean,
            "low": lost[name].low,
            "high": lost[name].high,
        }
        for name in INGEST
    }


def measure_search(
    texts: Sequence[str], queries: Sequence[str], rounds: int, python: str, scratch: Path
) -> dict[str, Times]:
    """Return the latencies of each system, over all rounds, the first queries of each not counted."""
    corpus: dict[str, Any] = {
        "ids": [f"p{number}" for number in range(len(texts))],
        "texts": list(texts),
        "random": True,
    }
    children = {}
    for name in SEARCH:
        children[name] = Child(name, scratch / f"search-{name}".replace(":", "-"), python)
        children[name].ask(corpus)
    seconds: dict[str, list[float]] = {name: [] for name in SEARCH}
    for child in children.values():
        child.ask({"queries": queries[:10]})
    for _ in range(rounds):
        for name, child in children.items():
            seconds[name] += child.ask({"queries": list(queries)})["seconds"]
    for child in children.values():
        child.close()
    home = scratch / "served"
    system = TandemSystem(home)
    system.add(corpus["ids"], texts, random_vectors_of(texts))
    system.close()
    with served(home) as client:
        for action in ("search", "query"):
            own = [post(client, action, query) for query in [*queries[:10], *list(queries) * rounds]]
            seconds[f"tandem over http:{action}"] = own[10:]
    return {name: times_of(own) for name, own in seconds.items()}


def random_vectors_of(texts: Sequence[str]) -> Any:
    """Return one random unit vector for each text."""
    from benchmarks.speed_systems import random_vectors

    return random_vectors(len(texts))


def post(client: Any, action: str, query: str) -> float:
    """Return the seconds that a request over HTTP takes."""
    body = {"query": query, "mode": "hybrid"} if action == "search" else {"question": query}
    started = time.perf_counter()
    client.post(f"/v1/domains/{DOMAIN}/{action}", json=body).raise_for_status()
    return time.perf_counter() - started


def times_of(seconds: Sequence[float]) -> Times:
    """Return median and 95th percentile."""
    p50, p95 = np.percentile(np.array(seconds) * 1000, [50, 95])
    return Times(float(p50), float(p95))


def ingest_table(ingest: dict[str, dict[str, float]]) -> list[str]:
    """Return the lines of a Markdown table; the ratio is to the best peer."""
    best = max(ingest[name]["passages_per_s"] for name in PEERS)
    rows = [
        f"| {name} | {own['passages_per_s']:.1f} | {own['passages_per_s'] / best:.2f} "
        f"| {own['cpu_ms']:.1f} | {own['ndcg@10']:.4f} "
        f"| {own['ndcg@10 to float32']:+.4f} [{own['low']:+.4f}, {own['high']:+.4f}] |"
        for name, own in ingest.items()
    ]
    head = "| ingest | passages/s | to the best peer | CPU ms each | nDCG@10 | difference to float32 |"
    return [head, "|---|---|---|---|---|---|", *rows]


def search_table(search: dict[str, Times]) -> list[str]:
    """Return the lines of a Markdown table; the ratio is how many times faster than the best peer."""
    best = min(search[name].p50 for name in PEERS)
    rows = [f"| {name} | {own.p50:.1f} | {own.p95:.1f} | {best / own.p50:.2f} |" for name, own in search.items()]
    return ["| search | p50 ms | p95 ms | times faster than the best peer |", "|---|---|---|---|", *rows]


def targets(ingest: dict[str, dict[str, float]], search: dict[str, Times]) -> list[str]:
    """Return one line for each target: its figure, and whether it holds."""
    rate = max(ingest[name]["passages_per_s"] for name in PEERS)
    best = min(search[name].p50 for name in PEERS)
    own = ingest["tandem:auto:dense"]
    equal = own["low"] <= 0 <= own["high"]
    checks = [
        ("ingest f32 ≥ 3 × best peer", ingest["tandem:f32:dense"]["passages_per_s"] / rate, 3.0),
        ("ingest default ≥ 3 × best peer, nDCG as that of float32", own["passages_per_s"] / rate * equal, 3.0),
        ("search in process ≥ 5 × faster than best peer", best / search["tandem:auto:dense"].p50, 5.0),
        ("search over HTTP faster than best peer in process", best / search["tandem over http:search"].p50, 1.0),
        ("query in process under 60 ms (60 / p50)", 60 / search["tandem:auto:query"].p50, 1.0),
        ("query over HTTP under 60 ms (60 / p50)", 60 / search["tandem over http:query"].p50, 1.0),
    ]
    return [f"- {name}: {value:.2f}, {'holds' if value >= least else 'MISSED'}" for name, value, least in checks]


if __name__ == "__main__":
    main()
