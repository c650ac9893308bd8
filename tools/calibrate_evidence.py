"""Fit the default evidence estimate: `python -m tools.calibrate_evidence --data DIR [SET...]`.

A set is a folder with `corpus.jsonl` {_id, title, text} and `qa/dev.jsonl` {question, answers, doc_ids}. The dev parts
of all sets together give one logistic regression, each set with equal weight; see eval/calibration.py.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from eval.calibration import Sample, auroc, estimates, fit, samples
from eval.questions import EvalQuestion
from generator.engine import Engine
from generator.evidence import DEFAULT_THRESHOLDS
from retriever.text.language import language_of
from store.documents import list_documents
from tools.training_texts import QA_SETS, read_lines

_DOCUMENTS = 500  # a set's documents: all that carry a dev question, then others
_QUESTIONS = 200


def main() -> None:
    """Print weights, and per set the AUROC and the shares of right decisions at several thresholds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("sets", nargs="*", default=list(QA_SETS))
    options = parser.parse_args()
    groups = {name: measure(options.data / name) for name in options.sets}
    weights = fit(groups, dict.fromkeys(DEFAULT_THRESHOLDS.weights.by_name(), 0.0), prior=1e-3)
    print(weights)
    for name, group in groups.items():
        scores, labels = estimates(group, weights), np.array([sample.answerable for sample in group])
        marks = [
            (limit, (scores[labels] >= limit).mean(), (scores[~labels] < limit).mean()) for limit in (0.3, 0.4, 0.5)
        ]
        shown = ", ".join(f"{limit}: {answered:.2f}/{abstained:.2f}" for limit, answered, abstained in marks)
        print(f"{name:10} {len(group)} samples, AUROC {auroc(scores, labels):.3f}, answered/abstained at {shown}")


def measure(folder: Path) -> list[Sample]:
    """Return the samples of a set's dev part."""
    questions = list(read_lines(folder / "qa" / "dev.jsonl"))[:_QUESTIONS]
    gold = {document for question in questions for document in question["doc_ids"]}
    corpus = sorted(read_lines(folder / "corpus.jsonl"), key=lambda document: document["_id"] not in gold)
    with tempfile.TemporaryDirectory() as home, Engine.open(Path(home)) as engine:
        domain = engine.create_domain("calibration")
        for document in corpus[:_DOCUMENTS]:
            engine.add("calibration", f"{document['_id']}.txt", document["text"], document["title"])
        ids = {each.external_id.removesuffix(".txt"): each.id for each in list_documents(engine.store, domain.id)}
        asked = [
            EvalQuestion(
                str(number),
                line["question"],
                [answer for answer in line["answers"] if answer.strip()],
                [ids[document] for document in line["doc_ids"] if document in ids],
                language_of(line["question"]),
            )
            for number, line in enumerate(questions)
        ]
        return list(samples(engine, engine.pin(domain.name), asked))


if __name__ == "__main__":
    main()
