"""How well sentences are checked against their passages: `python -m benchmarks.support --data DIR`.

DIR holds public sets with `corpus.jsonl` and `qa/<split>.jsonl` (default: TANDEM_DATA; dev). From them statements are
made by code (`benchmarks.support_pairs`): right ones, and such with another number, a negation more or less, another
name, or with another answer of the same document. Prints which share of each kind counts as supported, with intervals
by document, and how well the check tells each wrong kind from the right ones (AUROC), without and with the reader. The
score is the share of the statement's words that a sentence holds, less 1 where something speaks against it, and less
the reader's probability of another answer where it is asked.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.sets import data_folder
from benchmarks.support_pairs import RIGHT, SETS, WRONG, Pair, pairs_of
from eval.calibration import auroc
from eval.significance import bootstrap_mean
from generator.citing.citations import SUPPORT
from generator.citing.claims import support
from generator.citing.doubting import answers, otherwise
from retriever.models.span_reader import OpenVinoReader, Reader
from retriever.settings import RetrieverSettings
from retriever.text.sentences import split_sentences

_THRESHOLDS = (0.9, 0.99, 0.995)
_RESAMPLES = 2000


@dataclass(frozen=True)
class Judged:
    """A pair, the share of its words that the best sentence holds, what speaks against it, and the reader's doubt."""

    pair: Pair
    share: float
    objection: str | None
    doubt: float

    def score(self, reader: bool) -> float:
        """Return how well the passage supports the statement; more is better."""
        return self.share - (self.objection is not None) - (self.doubt if reader else 0.0)

    def holds(self, least: float | None) -> bool:
        """Return whether the statement counts as supported; `least` is how sure the reader must be to object."""
        return self.objection is None and (least is None or self.doubt < least)


def main() -> None:
    """Make the pairs, judge them and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="default: TANDEM_DATA")
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--split", default="dev")
    parser.add_argument("--documents", type=int, default=60, help="of a set")
    parser.add_argument("--cache", type=Path)
    options = parser.parse_args()
    data = data_folder(options.data)
    reader = OpenVinoReader(RetrieverSettings(cache=options.cache))
    found: list[Judged] = []
    for name in options.sets:
        found += [judged(pair, reader) for pair in pairs_of(data, name, options.documents, options.split)]
    for language, own in (("all", found), *((name, [j for j in found if j.pair.set == name]) for name in options.sets)):
        print(f"## {language}\n\n{table(own)}\n")


def judged(pair: Pair, reader: Reader) -> Judged:
    """Return what the check makes of a pair: of the sentence of the passage that supports the statement best."""
    sayings = [each.text for each in split_sentences(pair.passage)]
    each = [support(pair.statement, saying, SUPPORT, pair.passage) for saying in sayings]
    share, objection = max(each, key=lambda found: found[0] - (found[1] is not None), default=(0.0, "no sentence"))
    doubt = 0.0
    if answers(pair.statement, pair.question, pair.passage):
        (reading,) = reader.read(pair.question, [pair.passage])
        doubt, _ = otherwise(reading, pair.passage, pair.statement)
    return Judged(pair, share, objection, doubt)


def table(found: Sequence[Judged]) -> str:
    """Return the figures as Markdown."""
    heads = ["statement", "n", "supported", *(f"reader {least}" for least in _THRESHOLDS), "AUROC", "AUROC with reader"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for kind in (*RIGHT, *WRONG):
        own = [each for each in found if each.pair.kind == kind]
        if not own:
            continue
        cells = [_share(own, None), *(_share(own, least) for least in _THRESHOLDS)]
        cells += ["", ""] if kind in RIGHT else [f"{_auroc(found, own, reader):.3f}" for reader in (False, True)]
        lines.append(f"| {'' if kind in RIGHT else 'wrong: '}{kind} | {len(own)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _share(own: Sequence[Judged], least: float | None) -> str:
    clusters = [each.pair.cluster for each in own]
    found = bootstrap_mean([float(each.holds(least)) for each in own], clusters, _RESAMPLES, 1)
    return f"{found.mean:.3f} [{found.low:.3f}, {found.high:.3f}]"


def _auroc(found: Sequence[Judged], wrong: Sequence[Judged], reader: bool) -> float:
    """Return how well the score tells the wrong ones from the right ones that they were made of."""
    kinds = ("answer",) if wrong[0].pair.kind == "other answer" else ("whole", "shortened")
    right = [each for each in found if each.pair.kind in kinds]
    scores = [each.score(reader) for each in (*right, *wrong)]
    return auroc(np.array(scores), np.array([True] * len(right) + [False] * len(wrong)))


if __name__ == "__main__":
    main()
