"""A deliberately naive store: the control of the crash matrix, which must find it broken.

It makes the usual mistakes: the row is committed before the original and the index are written, both go straight to
their final names, nothing is synchronised, and nothing is verified when it is loaded.
"""

from __future__ import annotations

import hashlib
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from acknowledged import possible_states, run_steps
from fakes import HashEncoder

_SCRIPT = (("a", "one\ntwo"), ("b", "two\nthree"), ("a", "one\nfour"), ("b", None), ("c", "five"))  # None: delete


def prepare(home: Path) -> None:
    """Make the empty store that every run begins with."""
    (home / "blobs").mkdir(parents=True)
    connection = _connect(home)
    connection.execute("CREATE TABLE documents (name TEXT PRIMARY KEY, sha256 TEXT)")
    connection.execute("CREATE TABLE passages (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, text TEXT)")
    connection.close()
    _write_index(home)


def run(home: Path, journal: Path) -> None:
    """Put, replace and delete documents."""
    run_steps((partial(_put, home, name, text) for name, text in _SCRIPT), journal)


def check(home: Path, journal: Path) -> list[str]:
    """Return in what the store differs from itself and from what it acknowledged."""
    connection = _connect(home)
    documents = dict(connection.execute("SELECT name, sha256 FROM documents").fetchall())
    ids = {number for (number,) in connection.execute("SELECT id FROM passages")}
    connection.close()
    problems = []
    originals = {}
    for name, digest in documents.items():
        path = home / "blobs" / digest
        if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == digest:
            originals[name] = path.read_text()
        else:
            problems.append(f"the original of {name} is missing or damaged")
    if originals not in [_documents_after(steps) for steps in possible_states(journal)]:
        problems.append(f"found is {originals}")
    index: Any = faiss.read_index(str(home / "index.faiss"))
    if set(faiss.vector_to_array(index.id_map).tolist()) != ids:
        problems.append("the index does not hold the passages")
    return problems


def _put(home: Path, name: str, text: str | None) -> None:
    connection = _connect(home)
    with connection:
        connection.execute("DELETE FROM documents WHERE name = ?", (name,))
        connection.execute("DELETE FROM passages WHERE name = ?", (name,))
        if text is not None:
            digest = hashlib.sha256(text.encode()).hexdigest()
            connection.execute("INSERT INTO documents VALUES (?, ?)", (name, digest))
            rows = [(name, line) for line in text.split("\n")]
            connection.executemany("INSERT INTO passages (name, text) VALUES (?, ?)", rows)
    connection.close()
    if text is not None:
        (home / "blobs" / digest).write_text(text)
    _write_index(home)


def _write_index(home: Path) -> None:
    connection = _connect(home)
    rows = connection.execute("SELECT id, text FROM passages").fetchall()
    connection.close()
    index = faiss.IndexIDMap2(faiss.IndexFlatIP(HashEncoder.dimension))
    if rows:
        vectors = HashEncoder().encode_passages([text for _, text in rows])
        index.add_with_ids(vectors, np.array([number for number, _ in rows], dtype=np.int64))
    faiss.write_index(index, str(home / "index.faiss"))


def _documents_after(steps: int) -> dict[str, str]:
    documents: dict[str, str | None] = dict(_SCRIPT[:steps])
    return {name: text for name, text in documents.items() if text is not None}


def _connect(home: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(home / "naive.db")
    connection.execute("PRAGMA synchronous=OFF")
    return connection
