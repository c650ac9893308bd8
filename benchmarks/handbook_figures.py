"""The figures of a handbook run: shares with intervals by document, and how well the evidence knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.answers_metrics import risk_coverage
from benchmarks.handbook_run import FIRST, WIDE, Outcome
from eval.calibration import auroc
from eval.significance import Interval, bootstrap_mean

SURE = 0.8  # evidence above which a wrong answer is one given confidently
BINS = 10
_RESAMPLES, _SEED = 2000, 7
Measure = Callable[[Outcome], "float | None"]


def _in_first(places: int) -> Measure:
    return lambda each: float(each.rank is not None and each.rank <= places) if each.findable else None


def _spoken(value: Measure) -> Measure:
    return lambda each: value(each) if each.answerable and each.verdict != "withheld" else None


MEASURES: Mapping[str, Measure] = {
    "right": lambda each: float(each.verdict == "right") if each.answerable else None,
    "withheld": lambda each: float(each.verdict == "withheld") if each.answerable else None,
    "wrong": lambda each: float(each.verdict == "wrong") if each.answerable else None,
    f"wrong > {SURE}": lambda each: float(each.verdict == "wrong" and each.evidence > SURE),
    f"first {FIRST}": _in_first(FIRST),
    f"first {WIDE}": _in_first(WIDE),
    "cited right": _spoken(lambda each: float(each.citation_right)),
    "abstained": lambda each: None if each.answerable else float(each.verdict == "right"),
}


@dataclass(frozen=True)
class Row:
    """A line of the table: the mean of each measure over some questions, lengths in words and time in ms."""

    name: str
    n: int
    means: dict[str, float | None]
    words: tuple[float, float] | None
    quote_words: tuple[float, float] | None
    ms: float


def row_of(name: str, outcomes: Sequence[Outcome]) -> Row:
    """Return the line of some questions; a measure that none of them has is None."""
    means: dict[str, float | None] = {}
    for key, measure in MEASURES.items():
        values = [value for value in map(measure, outcomes) if value is not None]
        means[key] = sum(values) / len(values) if values else None
    spoken = [each for each in outcomes if each.reply_words]
    lengths = quantiles([each.reply_words for each in spoken])
    quoted = quantiles([each.quote_words for each in spoken])
    return Row(name, len(outcomes), means, lengths, quoted, float(np.median([each.ms for each in outcomes])))


def rows_of(outcomes: Sequence[Outcome]) -> list[Row]:
    """Return the lines by category, by language and of all questions."""
    answerable = [each for each in outcomes if each.answerable]
    rows = [row_of(name, found) for name, found in grouped(outcomes, lambda each: each.category)]
    for name, found in grouped(answerable, lambda each: each.language):
        rows.append(row_of(f"answerable, {name}", found))
    others = [each for each in outcomes if not each.answerable]
    for name, found in grouped(others, lambda each: each.language):
        rows.append(row_of(f"no answer, {name}", found))
    return [*rows, row_of("all", outcomes)]


def intervals(outcomes: Sequence[Outcome]) -> dict[str, Interval]:
    """Return each measure over all questions with its 95 % interval, gold documents drawn as wholes."""
    found = {}
    for key, measure in MEASURES.items():
        kept = [(value, each.cluster) for each in outcomes if (value := measure(each)) is not None]
        found[key] = bootstrap_mean([value for value, _ in kept], [name for _, name in kept], _RESAMPLES, _SEED)
    return found


def differences(outcomes: Sequence[Outcome], before: Mapping[str, Outcome]) -> dict[str, Interval]:
    """Return each measure's mean difference to an earlier run over the questions that both have a value for."""
    found = {}
    for key, measure in MEASURES.items():
        kept = []
        for each in outcomes:
            now, then = measure(each), measure(before[each.id]) if each.id in before else None
            if now is not None and then is not None:
                kept.append((now - then, each.cluster))
        values, names = [value for value, _ in kept], [name for _, name in kept]
        found[key] = bootstrap_mean(values, names, _RESAMPLES, _SEED, (-1.0, 1.0))
    return found


@dataclass(frozen=True)
class Bin:
    """Questions whose evidence lies in `[low, high)`: how many, their mean evidence, and the share answered right."""

    low: float
    high: float
    n: int
    evidence: float
    right: float


def reliability(outcomes: Sequence[Outcome]) -> tuple[list[Bin], float]:
    """Return the filled bins and the expected calibration error, of the answers given whatever the evidence."""
    kept = [each for each in outcomes if each.eager != "withheld" and (each.answerable or each.eager == "wrong")]
    bins = []
    for number in range(BINS):
        inside = [each for each in kept if min(int(each.evidence * BINS), BINS - 1) == number]
        if inside:
            mean = sum(each.evidence for each in inside) / len(inside)
            right = sum(each.eager == "right" for each in inside) / len(inside)
            bins.append(Bin(number / BINS, (number + 1) / BINS, len(inside), mean, right))
    total = sum(each.n for each in bins)
    return bins, sum(each.n * abs(each.evidence - each.right) for each in bins) / total if total else 0.0


def separation(outcomes: Sequence[Outcome]) -> float:
    """Return the probability that an answerable question has more evidence than one without an answer."""
    scores = np.array([each.evidence for each in outcomes])
    return auroc(scores, np.array([each.answerable for each in outcomes]))


def risks(outcomes: Sequence[Outcome]) -> list[tuple[float, float]]:
    """Return (coverage, risk): the share of wrong answers among the surest part of all questions."""
    scores = np.array([each.evidence for each in outcomes])
    right = np.array([float(each.answerable and each.eager == "right") for each in outcomes])
    return risk_coverage(scores, right)[0]


@dataclass(frozen=True)
class Step:
    """What a threshold would do: shares of the answerable questions, and of the others those left unanswered."""

    threshold: float
    right: float
    wrong: float
    withheld: float
    abstained: float


def sweep(outcomes: Sequence[Outcome], thresholds: Iterable[float]) -> list[Step]:
    """Return what each threshold would do with the answers given whatever the evidence."""
    asked = [each for each in outcomes if each.answerable]
    others = [each for each in outcomes if not each.answerable]
    steps = []
    for threshold in thresholds:
        spoken = [each for each in asked if each.evidence >= threshold and each.eager != "withheld"]
        right = sum(each.eager == "right" for each in spoken) / max(len(asked), 1)
        spoke = len(spoken) / max(len(asked), 1)
        silent = sum(each.evidence < threshold or each.eager == "right" for each in others) / max(len(others), 1)
        steps.append(Step(threshold, right, spoke - right, 1 - spoke, silent))
    return steps


def grouped(outcomes: Sequence[Outcome], key: Callable[[Outcome], str]) -> list[tuple[str, list[Outcome]]]:
    """Return the outcomes by key, in the order in which the keys appear."""
    groups: dict[str, list[Outcome]] = {}
    for each in outcomes:
        groups.setdefault(key(each), []).append(each)
    return list(groups.items())


def quantiles(values: Sequence[int]) -> tuple[float, float] | None:
    """Return the median and the 95th percentile; None of no values."""
    if not values:
        return None
    middle, high = np.quantile(values, [0.5, 0.95])
    return float(middle), float(high)
