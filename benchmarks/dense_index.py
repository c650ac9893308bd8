"""Our dense index beside raw FAISS: build time, memory, search time, recall.

usage: python benchmarks/dense_index.py --vectors 1000000. One process for each index, one after the other, one thread
each. Both have the same kind of index with the same parameters: inverted lists over float16, each query scanning about
the same share of the rows. The vectors are synthetic: topics, documents in them, passages in those, with the falling
spectrum of sentence embeddings.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import faiss as typed_faiss
import numpy as np

from retriever.index import segments
from retriever.index.dense import DenseSnapshot
from retriever.index.segments import Half

faiss: Any = typed_faiss
_DIMENSION = 384
_QUERIES = 200
_TOPICS = 1_000
_PASSAGES = 8  # per document
_LIMIT = 10
_BATCH = 65_536


def synthetic(count: int) -> tuple[Half, Any]:
    """Return `count` unit vectors as float16, and float32 queries that are noisy copies of some."""
    chance = np.random.default_rng(0)
    spectrum = (np.arange(1, _DIMENSION + 1) ** -0.5).astype(np.float32)

    def unit(rows: Any) -> Any:
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def noise(rows: int) -> Any:
        return unit(chance.standard_normal((rows, _DIMENSION), dtype=np.float32) * spectrum)

    topics = noise(_TOPICS)
    vectors = np.empty((count, _DIMENSION), np.float16)
    for start in range(0, count, _BATCH):
        size = min(_BATCH, count - start)
        documents = -(-size // _PASSAGES)
        about = unit(0.5 * topics[chance.integers(0, _TOPICS, documents)] + 0.87 * noise(documents))
        vectors[start : start + size] = unit(0.65 * np.repeat(about, _PASSAGES, axis=0)[:size] + 0.76 * noise(size))
    picked = vectors[chance.integers(0, count, _QUERIES)].astype(np.float32)
    return vectors, unit(0.66 * picked + 0.75 * noise(_QUERIES))


def measure(name: str, count: int) -> dict[str, Any]:
    """Return the figures of one index, built in this process."""
    faiss.omp_set_num_threads(1)
    vectors, queries = synthetic(count)
    before = _resident()
    begun = time.perf_counter()
    search = _ours(vectors) if name == "tandem" else _raw(vectors)
    built = time.perf_counter() - begun
    search(queries[0])
    memory = _resident() - before
    taken, found = [], []
    for query in queries:
        begun = time.perf_counter()
        found.append(search(query))
        taken.append(time.perf_counter() - begun)
    exact = faiss.IndexScalarQuantizer(_DIMENSION, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    exact.add_sa_codes(vectors.view(np.uint8))
    begun = time.perf_counter()
    right = exact.search(queries, _LIMIT)[1]
    by_all = (time.perf_counter() - begun) / len(queries)
    recall = np.mean([len(set(a) & set(b)) / _LIMIT for a, b in zip(found, right.tolist(), strict=True)])
    return {
        "index": name,
        "build s": round(built, 1),
        "memory MB": round(memory / 1e6),
        "p50 ms": round(1e3 * float(np.median(taken)), 2),
        "recall@10": round(float(recall), 4),
        "exact ms": round(1e3 * by_all, 2),
    }


def _ours(vectors: Half) -> Any:
    snapshot = DenseSnapshot(_DIMENSION).changed([], range(len(vectors)), vectors).compacted()
    return lambda query: [key for key, _ in snapshot.search(query, _LIMIT)]


def _raw(vectors: Half) -> Any:
    lists = segments.list_count(len(vectors))
    kind, metric = faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    index = faiss.IndexIVFScalarQuantizer(faiss.IndexFlatIP(_DIMENSION), _DIMENSION, lists, kind, metric)
    index.by_residual = False
    segments.train(index, vectors)
    for start in range(0, len(vectors), _BATCH):
        index.add(vectors[start : start + _BATCH].astype(np.float32))
    index.nprobe = max(1, round(lists * segments.scanned_rows(len(vectors)) / len(vectors)))
    return lambda query: index.search(query.reshape(1, -1), _LIMIT)[1][0].tolist()


def _resident() -> int:
    """Return the bytes of memory that this process holds."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())
    return int(fields["VmRSS"].split()[0]) * 1024


def main() -> None:
    """Measure both indexes in a process each and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vectors", type=int, default=1_000_000)
    parser.add_argument("--only", choices=["faiss", "tandem"], help="measure one in this process and print JSON")
    given = parser.parse_args()
    if given.only:
        sys.stdout.write(json.dumps(measure(given.only, given.vectors)))
        return
    rows = []
    for name in ("faiss", "tandem"):
        command = [sys.executable, __file__, "--vectors", str(given.vectors), "--only", name]
        rows.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        if len(rows) == 1:
            sys.stdout.write(" | ".join(rows[0]) + "\n")
        sys.stdout.write(" | ".join(str(value) for value in rows[-1].values()) + "\n")
        sys.stdout.flush()
    for key in ("build s", "memory MB", "p50 ms"):
        sys.stdout.write(f"{key}: {rows[1][key] / rows[0][key]:.2f} times raw FAISS\n")


if __name__ == "__main__":
    main()
