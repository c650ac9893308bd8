"""Fit the default evidence estimate: `python tools/calibrate_evidence.py SET...`, each a folder of questions.

A set is a folder with `corpus.jsonl` {_id, title, text} and `qa/dev.jsonl` {question, doc_ids}, as in BEIR. Every
question is asked twice: against the whole corpus, and against what is left of its hits without the gold documents,
which is how a question looks that the corpus does not answer. Two logistic regressions are fitted over all sets, each
set with equal weight: one for questions that the encoder reads, one for those that it does not.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.stats import rankdata

from generator.engine import Engine
from generator.evidence import features
from retriever.search import Request

Row = tuple[float, float | None, bool]
MAX_DOCUMENTS = 400
MAX_QUESTIONS = 200
PASSAGES = 4


def main() -> None:
    """Print coefficients, and per set the AUROC and the share of right decisions at 0.5."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", type=Path)
    rows = {folder.name: list(measure(folder)) for folder in parser.parse_args().sets}
    for name, known in (("with_cosine", True), ("without_cosine", False)):
        chosen = {key: [r for r in found if (r[1] is not None) == known] for key, found in rows.items()}
        chosen = {key: found for key, found in chosen.items() if len(found) > 20}
        if not chosen:
            continue
        coefficients = fit(chosen)
        print(name, [round(float(value), 3) for value in coefficients])
        for key, found in chosen.items():
            scores, labels = _matrix(found) @ coefficients, np.array([row[2] for row in found])
            right = np.mean((scores > 0) == labels)
            print(f"  {key}: {len(found)} rows, AUROC {auroc(scores, labels):.3f}, right at 0.5: {right:.3f}")


def measure(folder: Path) -> Iterator[Row]:
    """Yield (coverage, cosine, answerable) twice for each question."""
    questions = [json.loads(line) for line in (folder / "qa" / "dev.jsonl").open(encoding="utf-8")][:MAX_QUESTIONS]
    gold = {document for question in questions for document in question["doc_ids"]}
    corpus = [json.loads(line) for line in (folder / "corpus.jsonl").open(encoding="utf-8")]
    corpus.sort(key=lambda document: document["_id"] not in gold)
    with tempfile.TemporaryDirectory() as home, Engine.open(Path(home)) as engine:
        domain = engine.create_domain("calibration")
        for document in corpus[:MAX_DOCUMENTS]:
            engine.add("calibration", f"{document['_id']}.txt", document["text"], document["title"])
        manifest = engine.pin(domain.id).manifest
        for question in questions:
            names = {f"{document}.txt" for document in question["doc_ids"]}
            found = engine.retriever.search(domain.id, manifest, Request(question["question"], 20))
            others = [hit for hit in found.hits if hit.passage.external_id not in names]
            top = found.hits[:PASSAGES]
            if any(hit.passage.external_id in names for hit in top):
                yield *features(top, found.term_weights), True
            yield *features(others[:PASSAGES], found.term_weights), False


def fit(rows: dict[str, list[Row]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the coefficients (bias, coverage, cosine if known) of least log loss, every set counting the same."""
    matrix = np.concatenate([_matrix(found) for found in rows.values()])
    labels = np.array([row[2] for found in rows.values() for row in found], dtype=float)
    weights = np.concatenate([np.full(len(found), 1 / len(found)) for found in rows.values()])

    def loss(coefficients: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        scores = matrix @ coefficients
        return float(weights @ (np.logaddexp(0, scores) - labels * scores) + 1e-4 * coefficients @ coefficients)

    return np.asarray(minimize(loss, np.zeros(matrix.shape[1])).x)


def auroc(
    scores: np.ndarray[tuple[int], np.dtype[np.float64]], labels: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> float:
    """Return the probability that an answerable question scores above an unanswerable one; ties count half."""
    ranks = rankdata(scores)
    positive, negative = int(labels.sum()), int((~labels).sum())
    return float((ranks[labels].sum() - positive * (positive + 1) / 2) / (positive * negative))


def _matrix(rows: list[Row]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.array([[1.0, coverage] + ([] if cosine is None else [cosine]) for coverage, cosine, _ in rows])


if __name__ == "__main__":
    main()
