"""A handbook run as text: the tables, what the evidence is worth, the failures, a page of answers."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from benchmarks.handbook_figures import (
    MEASURES,
    Row,
    differences,
    intervals,
    reliability,
    risks,
    rows_of,
    separation,
    sweep,
)
from benchmarks.handbook_run import Outcome
from eval.significance import Interval

_BAR = 40
_SEED = 7
_RIGHT_SHOWN = 20


def tables(outcomes: Sequence[Outcome]) -> str:
    """Return the table of all groups, and the intervals of all questions."""
    lines = [
        "| questions | n | " + " | ".join(MEASURES) + " | words p50 / p95 | quoted p50 / p95 | ms p50 |",
        "|---|" + "---|" * (len(MEASURES) + 4),
    ]
    lines += [_line(row) for row in rows_of(outcomes)]
    lines += ["", "95 % intervals by document:", ""]
    lines += [f"- {name}: {_interval(found)} (n {found.n})" for name, found in intervals(outcomes).items() if found.n]
    return "\n".join(lines)


def evidence(outcomes: Sequence[Outcome]) -> str:
    """Return what the evidence is worth: reliability, how it separates, risk over coverage, and the thresholds."""
    bins, error = reliability(outcomes)
    lines = [f"Evidence: ECE {error:.3f} (is the answer right, whatever the threshold)", ""]
    lines += ["| evidence | n | mean | right | |", "|---|---|---|---|---|"]
    for each in bins:
        bar = "#" * round(each.right * _BAR)
        lines.append(f"| {each.low:.1f}–{each.high:.1f} | {each.n} | {each.evidence:.2f} | {each.right:.2f} | {bar} |")
    if len({each.answerable for each in outcomes}) == 2:
        lines += ["", f"AUROC answerable or not: {separation(outcomes):.3f}"]
    points = ", ".join(f"{coverage:.0%}: {risk:.2f}" for coverage, risk in risks(outcomes))
    lines += ["", f"Risk at coverage: {points}", ""]
    lines += ["| threshold | right | wrong | withheld | abstained |", "|---|---|---|---|---|"]
    for step in sweep(outcomes, [number / 20 for number in range(20)]):
        shares = (step.right, step.wrong, step.withheld, step.abstained)
        lines.append(f"| {step.threshold:.2f} | " + " | ".join(f"{share:.3f}" for share in shares) + " |")
    return "\n".join(lines)


def beside(outcomes: Sequence[Outcome], before: Mapping[str, Outcome]) -> str:
    """Return an earlier run beside this one, by category, and the paired differences of all."""
    shown = [name for name in MEASURES if name != "cited right"]
    lines = ["| questions | n | " + " | ".join(shown) + " |", "|---|---|" + "---|" * len(shown)]
    both = [each for each in outcomes if each.id in before]
    then = {row.name: row for row in rows_of([before[each.id] for each in both])}
    for now in rows_of(both):
        cells = [f"{_share(then[now.name].means[name])} → {_share(now.means[name])}" for name in shown]
        lines.append(f"| {now.name} | {now.n} | " + " | ".join(cells) + " |")
    lines += ["", "Paired differences, 95 % intervals by document:", ""]
    lines += [f"- {name}: {_interval(found, '+')}" for name, found in differences(both, before).items() if found.n]
    turned = [each for each in both if each.answerable and before[each.id].verdict == "right" != each.verdict]
    lines += ["", f"Right before and not now ({len(turned)}): " + ", ".join(each.id for each in turned)]
    return "\n".join(lines)


def failures(outcomes: Sequence[Outcome], limit: int) -> str:
    """Return at most `limit` questions that were not answered rightly, with what was said."""
    bad = [each for each in outcomes if each.verdict != "right"]
    lines = [f"{len(bad)} of {len(outcomes)} not right"]
    for each in bad[:limit]:
        gold = " or ".join(each.answers) or "no answer"
        said = each.eager_reply if each.verdict == "withheld" else each.reply
        lines.append(
            f"{each.verdict:8} {each.id}  {each.question}\n"
            f"         gold: {gold}; evidence {each.evidence:.2f}; gold passage at {each.rank}\n"
            f"         said: {' / '.join(said.splitlines())[:300]}"
        )
    return "\n".join(lines)


def answer_page(outcomes: Sequence[Outcome], count: int) -> str:
    """Return a page of `count` answers: 20 right ones, the others drawn from all, with a fixed seed."""
    order = list(outcomes)
    random.Random(_SEED).shuffle(order)
    right = [each for each in order if each.answerable and each.verdict == "right"][: min(_RIGHT_SHOWN, count)]
    taken = {each.id for each in right}
    others = [each for each in order if each.id not in taken][: count - len(right)]
    return "\n\n".join([*map(_entry, right), *map(_entry, others)])


def _entry(each: Outcome) -> str:
    gold = " / ".join(each.answers) or "no document answers this"
    quotes = [f"> {' '.join(quote.split())}" for quote in each.quotes]
    lines = [
        f"**{each.question}** ({each.category}, {each.verdict})",
        f"gold: {gold}; evidence {each.evidence:.2f}; document: {', '.join(each.cited) or 'none'}",
        " ".join(each.reply.split()),
        *quotes,
    ]
    return "\n\n".join(lines)


def _line(row: Row) -> str:
    means = " | ".join(_share(row.means[name]) for name in MEASURES)
    return f"| {row.name} | {row.n} | {means} | {_lengths(row.words)} | {_lengths(row.quote_words)} | {row.ms:.0f} |"


def _lengths(found: tuple[float, float] | None) -> str:
    return f"{found[0]:.0f} / {found[1]:.0f}" if found else ""


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _interval(found: Interval, sign: str = "") -> str:
    return f"{found.mean:{sign}.3f} [{found.low:{sign}.3f}, {found.high:{sign}.3f}]"


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return how many questions of each group were answered rightly, a line each."""
    rows = [row for row in rows_of(outcomes) if "," not in row.name]
    right = {row.name: sum(each.verdict == "right" for each in _members(outcomes, row.name)) for row in rows}
    return "\n".join(f"{row.name}: {right[row.name]} of {row.n}" for row in rows)


def _members(outcomes: Sequence[Outcome], name: str) -> list[Outcome]:
    return [each for each in outcomes if name in ("all", each.category)]
