"""What causes cost together: the share of all questions that each takes, and which part to improve first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eval.report.model import Weakness, Weaknesses
from eval.runner import Record
from eval.settings import EvalSettings
from eval.significance import Interval, bootstrap_mean
from eval.weaknesses.causes import ADVICE, CAUSES, Part
from eval.weaknesses.finder import is_right


def weaknesses_of(arm: str, records: Sequence[Record], causes: Mapping[str, str], settings: EvalSettings) -> Weaknesses:
    """Return the weaknesses of an arm, the largest first; `causes` are those of the records that were looked into.

    What was found in them counts for all wrong records alike.
    """
    wrong = sum(not is_right(record) for record in records)
    weight = wrong / len(causes) if causes else 0.0

    def share(names: set[str]) -> Interval:
        """Return the share of all questions that have one of these causes."""
        values = [weight if causes.get(record.key) in names else 0.0 for record in records]
        return bootstrap_mean(values, [record.cluster for record in records], settings.resamples, settings.seed)

    found = [
        Weakness(cause=cause.name, part=cause.part, about=cause.about, questions=count, share=share({cause.name}))
        for cause in CAUSES
        if (count := sum(name == cause.name for name in causes.values()))
    ]
    found.sort(key=lambda each: -each.questions)
    parts = {cause.part: {each.name for each in CAUSES if each.part == cause.part} for cause in CAUSES}
    shares = {part: share(names) for part, names in parts.items()}
    return Weaknesses(
        arm=arm,
        wrong=wrong,
        looked_into=len(causes),
        causes=found,
        parts={part: mean for part, mean in shares.items() if mean.mean > 0},
        first=_first(shares, _ahead(records, causes, parts, settings)) if causes else None,
    )


def _ahead(
    records: Sequence[Record], causes: Mapping[str, str], parts: Mapping[Part, set[str]], settings: EvalSettings
) -> list[Part]:
    """Return the parts that may cost most: the one that does, and those that it is not measurably ahead of."""
    counts = {part: sum(name in names for name in causes.values()) for part, names in parts.items()}
    most = max(counts, key=lambda part: counts[part])
    ahead = [most]
    for part, names in parts.items():
        if part == most or not counts[part]:
            continue
        values = [_sign(causes.get(record.key), parts[most], names) for record in records]
        clusters = [record.cluster for record in records]
        bounds = (-1.0, 1.0)
        if bootstrap_mean(values, clusters, settings.resamples, settings.seed, bounds).low <= 0:
            ahead.append(part)
    return ahead


def _sign(cause: str | None, more: set[str], less: set[str]) -> float:
    return float(cause in more) - float(cause in less)


def _first(shares: Mapping[Part, Interval], ahead: Sequence[Part]) -> str:
    """Return what to do first, and what that could bring at most."""
    most = ahead[0]
    mean = shares[most]
    gain = f"it could mend at most {mean.mean:.0%} of the questions [{mean.low:.0%}, {mean.high:.0%}]"
    others = f". Not measurably behind: {', '.join(ahead[1:])}" if ahead[1:] else ""
    return f"{ADVICE[most]}; {gain}{others}."
