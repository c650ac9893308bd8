"""Judge a reader on the dev parts: `python -m tools.reader.evaluate --data DIR --reader FOLDER [--limit N]`.

Each question is asked of the passage of its document that holds the answer, and of the most similar passage without it.
Prints span F1 with the answering passage given, and how well the score tells the two passages apart (AUROC).
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import numpy as np

from eval.metrics.f1 import answer_f1
from retriever.models.span_reader import OpenVinoReader
from retriever.settings import RetrieverSettings
from tools.reader.tasks import Questions
from tools.training_texts import QA_SETS, questions


def main() -> None:
    """Print one line per set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--reader", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--cache", type=Path)
    options = parser.parse_args()
    reader = OpenVinoReader(RetrieverSettings(cache=options.cache), options.reader)
    for name, lang in QA_SETS.items():
        tasks = Questions(questions(options.data, "dev", {name: lang}), {})
        chance = random.Random(3)
        scores: dict[bool, list[float]] = {True: [], False: []}
        qualities = []
        for _ in range(options.limit):
            for without in (0.0, 1.0):
                task = tasks.draw(chance, without)
                reading = reader.read(task.question, [task.context])[0].best()
                if reading is None:
                    continue
                scores[bool(task.spans)].append(reading.score)
                if task.spans:
                    qualities.append(answer_f1(task.context[reading.start : reading.end], task.answers, lang))
        print(f"{name:10} F1 {np.mean(qualities):.3f}  AUROC {auroc(scores[True], scores[False]):.3f}")


def auroc(positives: list[float], negatives: list[float]) -> float:
    """Return the share of pairs in which the positive scores higher; ties count half."""
    first, second = np.array(positives)[:, None], np.array(negatives)[None, :]
    return float(((first > second) + 0.5 * (first == second)).mean())


if __name__ == "__main__":
    main()
