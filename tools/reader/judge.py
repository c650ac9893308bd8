"""Judge readers on synthetic documents held out of training: `python -m tools.reader.judge --reader FOLDER [...]`.

Whole domains and hand-written documents are held out. Prints how often the best line of a document, by the span that
the reader likes best, holds the answer, by language; and how well the best score of a document's passages tells
questions with an answer from near misses (AUROC): such that no passage answers, and such that ask for another site.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from retriever.models.span_reader import OpenVinoReader, Reader
from retriever.settings import RetrieverSettings
from tools.reader.evaluate import auroc
from tools.reader.synthetic.drawing import asked, document
from tools.reader.synthetic.rendering import Passage, passages


@dataclass
class Judgement:
    """Whether the best line held the answer, and the best scores with and without an answer."""

    right: list[bool] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    missing: list[float] = field(default_factory=list)
    elsewhere: list[float] = field(default_factory=list)


def best_line(reader: Reader, question: str, found: Sequence[Passage]) -> tuple[float, Passage, int, int]:
    """Return the best score over all lines but the heading paths, and the passage and place of that line."""
    lines = []
    for passage, reading in zip(found, reader.read(question, [each.content for each in found]), strict=True):
        start = passage.content.find("\n") + 1
        for line in passage.content[start:].split("\n"):
            span = reading.best(start, start + len(line))
            if span is not None:
                lines.append((span.score, passage, start, start + len(line)))
            start += len(line) + 1
    return max(lines, key=lambda each: each[0])


def judged(reader: Reader, lang: str, count: int, across: bool, seed: int = 11) -> Judgement:
    """Return a judgement over `count` held-out documents in a language; `across`: questions in the other one."""
    chance = random.Random(seed)
    found = Judgement()
    for _ in range(count):
        source = document(lang, chance, held=True)
        own = passages(source.title, source.text, lang, chance)
        rivals = [p for title, text in source.rivals for p in passages(title, text, lang, chance)]
        for ask in chance.sample(source.asks, min(3, len(source.asks))):
            question = asked(ask, lang, chance, float(across))
            score, passage, start, end = best_line(reader, question, own)
            if not ask.keys:
                found.missing.append(score)
                continue
            spans = [span for key in ask.keys for span in passage.spans.get(key, ())]
            found.right.append(any(start <= a and b <= end for a, b in spans))
            found.answered.append(score)
            if rivals:
                found.elsewhere.append(best_line(reader, question, rivals)[0])
    return found


def main() -> None:
    """Print a line a reader and language."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reader", type=Path, nargs="+", required=True)
    parser.add_argument("--documents", type=int, default=60)
    parser.add_argument("--cache", type=Path)
    options = parser.parse_args()
    table: dict[str, list[str]] = defaultdict(list)
    for folder in options.reader:
        reader = OpenVinoReader(RetrieverSettings(cache=options.cache), folder)
        for lang in ("en", "zh"):
            for across in (False, True):
                found = judged(reader, lang, options.documents // (2 if across else 1), across)
                share = sum(found.right) / len(found.right)
                scores = [auroc(found.answered, others) for others in (found.missing, found.elsewhere)]
                name = f"documents {lang}, questions {'other' if across else 'same'}"
                table[name].append(f"{share:.3f} {scores[0]:.3f} {scores[1]:.3f}")
    print("best line right, AUROC against near misses, AUROC against other sites and years; a column a reader")
    for name, figures in table.items():
        print(f"{name:30} " + "   ".join(figures))


if __name__ == "__main__":
    main()
