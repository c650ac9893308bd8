"""Retrieval sets as folders: `corpus.jsonl`, `queries.jsonl`, `qrels/<split>.tsv`, as in BEIR."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class RetrievalSet:
    """Documents (id, title, text), queries by id, and graded judgements: query id → document id → grade."""

    name: str
    documents: list[tuple[str, str, str]]
    queries: dict[str, str]
    qrels: dict[str, dict[str, int]]


def find_sets(data: Path) -> list[str]:
    """Return the names of the retrieval sets of a folder, small ones first."""
    corpora = [path for path in data.glob("*/corpus.jsonl") if (path.parent / "qrels").is_dir()]
    return [path.parent.name for path in sorted(corpora, key=lambda path: (path.stat().st_size, path))]


def read_set(folder: Path, split: str) -> RetrievalSet:
    """Return a set with the queries that have a relevant document in the split; none if there is no such split."""
    documents = [(line["_id"], line.get("title", ""), line["text"]) for line in read_lines(folder / "corpus.jsonl")]
    qrels: dict[str, dict[str, int]] = {}
    judgements = folder / "qrels" / f"{split}.tsv"
    rows = judgements.read_text(encoding="utf-8").splitlines()[1:] if judgements.is_file() else []
    for row in rows:
        query, document, grade = row.split("\t")
        if int(grade) > 0:
            qrels.setdefault(query, {})[document] = int(grade)
    queries = {line["_id"]: line["text"] for line in read_lines(folder / "queries.jsonl") if line["_id"] in qrels}
    return RetrievalSet(folder.name, documents, queries, qrels)


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON Lines file."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def data_folder(given: Path | None) -> Path:
    """Return the folder of data sets: the one given, else `TANDEM_DATA`; without one, say so and exit with 2."""
    named = given or (Path(os.environ["TANDEM_DATA"]) if os.environ.get("TANDEM_DATA") else None)
    if named is None or not named.is_dir():
        sys.stderr.write(f"This benchmark needs data sets: give --data DIR or set TANDEM_DATA (now: {named}).\n")
        raise SystemExit(2)
    return named
