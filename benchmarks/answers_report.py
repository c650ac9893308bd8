"""The benchmark of answers as Markdown tables and as a plot."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from benchmarks.answers_abstention import COSTS, POLICIES

METRICS = ("hit@1", "recall@60", "span F1", "of best")
BASELINES = ("always answer", "first sentence", "nearest sentence")
_LEADS = tuple(f"extractive - {policy}" for policy in POLICIES[1:])


def answer_table(results: dict[str, Any]) -> str:
    """Return scores and paired differences per set and setting; a difference clear of zero is bold, loss or gain."""
    lines = ["| set | passages | system | " + " | ".join(METRICS) + " |", "|---|---|---|" + "---|" * len(METRICS)]
    for name, report in results.items():
        for setting in ("gold", "retrieved"):
            for system in ("extractive", *BASELINES):
                cells = [_plain(report[setting][system][metric]) for metric in METRICS]
                lines.append(f"| {name} | {setting} | {system} | " + " | ".join(cells) + " |")
            for first in ("extractive", "always answer"):
                for system in BASELINES[1:] if first != "extractive" else BASELINES:
                    key = f"{first} - {system}"
                    cells = [_signed(report[setting][key][metric]) for metric in METRICS]
                    lines.append(f"| {name} | {setting} | *{key}* | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def abstention_table(results: dict[str, Any]) -> str:
    """Return how well evidence tells the two kinds of questions apart and what deciding by it is worth."""
    ordering = ("AUROC", "AURC", "AURC constant")
    names = [*ordering, "AURC constant - AURC"]
    for measure in COSTS:
        names += [f"{measure}: {each}" for each in ("threshold", "answered / abstained", *POLICIES, *_LEADS)]
    lines = ["| set | " + " | ".join((*names, "risk at coverage")) + " |", "|---|" + "---|" * (len(names) + 1)]
    for name, report in results.items():
        found = report["abstention"]
        cells = [_plain(found[key]) for key in ordering] + [_signed(found["AURC constant - AURC"])]
        for measure in COSTS:
            own = found[measure]
            cells.append(f"{own['threshold']:.3f}")
            cells.append(f"{own['answered of answerable']:.3f} / {own['abstained of unanswerable']:.3f}")
            cells += [_plain(own[policy]) for policy in POLICIES] + [_signed(own[lead]) for lead in _LEADS]
        cells.append(", ".join(f"{coverage:.0%}: {risk:.2f}" for coverage, risk in found["risk"]))
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def plot_risk(results: dict[str, Any], target: Path) -> None:
    """Write risk over coverage, a line per set, as PNG; without matplotlib say so and write nothing."""
    try:
        pyplot: Any = importlib.import_module("matplotlib.pyplot")
    except ImportError:
        sys.stderr.write("No plot: matplotlib is not installed.\n")
        return
    figure, axes = pyplot.subplots()
    for name, report in results.items():
        axes.plot(*zip(*report["abstention"]["risk"], strict=True), marker="o", label=name)
    axes.set(xlabel="coverage", ylabel="risk (share of wrong answers)", xlim=(0, 1), ylim=(0, 1))
    axes.legend()
    figure.savefig(target, format="png")
    pyplot.close(figure)


def _plain(interval: dict[str, float]) -> str:
    return f"{interval['mean']:.3f} [{interval['low']:.3f}, {interval['high']:.3f}]"


def _signed(interval: dict[str, float]) -> str:
    text = f"{interval['mean']:+.3f} [{interval['low']:+.3f}, {interval['high']:+.3f}]"
    return f"**{text}**" if interval["low"] > 0 or interval["high"] < 0 else text
