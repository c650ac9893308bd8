"""The report of an evaluation: numbers with intervals, comparisons, verdict; as plain data and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import combinations
from typing import Any

import numpy as np

from eval.arms import BY_COST, EXTRACTIVE
from eval.gate import decide
from eval.normalise import NORMALISERS
from eval.runner import METRICS, Record
from eval.settings import EvalSettings
from eval.significance import Interval, bootstrap_mean

_ADVICE = {
    EXTRACTIVE: "Quote passages, without a language model: nothing else is measurably better.",
    "base": "Use the base model alone: nothing dearer is measurably better.",
    "rag": "Use retrieval and do not tune: nothing dearer is measurably better.",
    "tuned": "Use the tuned model without retrieval.",
    "tuned+rag": "Use retrieval with the closed-book adapter.",
    "combined": "Use retrieval with the adapter that was trained with context.",
}


def build_report(
    records: dict[str, list[Record]],
    *,
    about: dict[str, Any],
    arms: dict[str, dict[str, Any]],
    active_arm: str,
    primary_metric: str,
    leaks: list[str],
    settings: EvalSettings,
) -> dict[str, Any]:
    """Return the report. `arms` says of each arm its release, generator and adapter; a leak leaves the verdict out."""
    clusters = {record.cluster for found in records.values() for record in found}
    report: dict[str, Any] = {
        "schema": 1,
        **about,
        "dataset": {**about["dataset"], "documents": len(clusters)},
        "primary_metric": primary_metric,
        "active_arm": active_arm,
        "normalisers": NORMALISERS,
        "interval": f"95 %, percentile bootstrap over documents, {settings.resamples} resamples, seed {settings.seed}",
        "leaks": leaks,
        "arms": {name: {**arms[name], **_summary(records[name], settings)} for name in records},
    }
    order = sorted(records, key=lambda name: BY_COST.index(name) if name in BY_COST else -1)  # the active arm first
    pairs = [(dearer, cheaper) for cheaper, dearer in combinations(order, 2)]
    report["comparisons"] = [
        _compare(records[arm], records[against], arm, against, primary_metric, settings) for arm, against in pairs
    ]
    report["verdict"] = None if leaks else _verdict(report, settings.gate.min_documents)
    report["gate"] = {name: asdict(decide(report, name, settings.gate)) for name in records}
    report["records"] = [record.as_json() for name in records for record in records[name]]
    return report


def to_markdown(report: dict[str, Any]) -> str:
    """Return the report as Markdown, without the single records."""
    metric = report["primary_metric"]
    lines = [f"# Evaluation of the domain {report['domain']}", ""]
    if report["leaks"]:
        lines += ["**No verdict: training and test data overlap.**", "", *(f"- {leak}" for leak in report["leaks"]), ""]
    else:
        verdict = report["verdict"]
        lines += [f"**Verdict: {verdict['arm']}.** {verdict['text']}", ""]
        lines += [*_arm_table(report), "", *_language_table(report), ""]
        lines += [f"Differences in {metric}, paired by question:", "", "| arm | against | difference | interval |"]
        lines += ["|---|---|---|---|"]
        lines += [
            f"| {c['arm']} | {c['against']} | {c['difference']:+.3f} | [{c['low']:+.3f}, {c['high']:+.3f}] |"
            for c in report["comparisons"]
        ]
        lines += ["", "Gate:", ""]
    for name, decision in report["gate"].items():
        lines.append(f"- {name}: {'open' if decision['passed'] else 'closed: ' + '; '.join(decision['reasons'])}")
    dataset = report["dataset"]
    lines += [f"- not measured: {name}: {why}" for name, why in report["skipped"].items()]
    lines += [
        "",
        f"{dataset['questions']} questions about {dataset['documents']} documents, split {dataset['split']} "
        f"of {dataset['name']} (SHA-256 {dataset['sha256'][:12]}). Intervals: {report['interval']}. "
        f"Normalisation: {', '.join(f'{key} {value}' for key, value in report['normalisers'].items())}.",
        "",
    ]
    return "\n".join(lines)


def _arm_table(report: dict[str, Any]) -> list[str]:
    lines = [
        "| arm | F1 | exact | answer recall | abstention | citation precision | ms p50 | tokens | release |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, arm in report["arms"].items():
        numbers = [_cell(arm["metrics"][key]) for key in ("f1", "em", "recall", "abstention", "citation_precision")]
        tail = f"{arm['latency_ms']['p50']:.0f} | {arm['tokens']:.0f} | {arm['release']}"
        lines.append(f"| {name} | {' | '.join(numbers)} | {tail} |")
    return lines


def _language_table(report: dict[str, Any]) -> list[str]:
    metric = report["primary_metric"]
    languages = sorted({language for arm in report["arms"].values() for language in arm["by_language"]})
    lines = [f"| {metric} | {' | '.join(languages)} |", "|---|" + "---|" * len(languages)]
    for name, arm in report["arms"].items():
        cells = [_cell(arm["by_language"][language][metric]) for language in languages]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _cell(interval: dict[str, Any]) -> str:
    return f"{interval['mean']:.3f} [{interval['low']:.3f}, {interval['high']:.3f}]" if interval["n"] else "-"


def _summary(records: Sequence[Record], settings: EvalSettings) -> dict[str, Any]:
    times = [record.ms for record in records]
    languages = sorted({record.language for record in records})
    return {
        "metrics": {name: asdict(_mean(records, name, settings)) for name in METRICS},
        "by_language": {
            language: {
                name: asdict(_mean([r for r in records if r.language == language], name, settings)) for name in METRICS
            }
            for language in languages
        },
        "latency_ms": {"p50": float(np.percentile(times, 50)), "p95": float(np.percentile(times, 95))},
        "tokens": float(np.mean([record.prompt_tokens + record.completion_tokens for record in records])),
    }


def _mean(records: Sequence[Record], metric: str, settings: EvalSettings) -> Interval:
    scored = [(value, record.cluster) for record in records if (value := record.scores[metric]) is not None]
    values, clusters = [value for value, _ in scored], [cluster for _, cluster in scored]
    return bootstrap_mean(values, clusters, settings.resamples, settings.seed)


def _compare(
    records: Sequence[Record], others: Sequence[Record], arm: str, against: str, metric: str, settings: EvalSettings
) -> dict[str, Any]:
    differences = [
        (mine.scores[metric] or 0.0) - (other.scores[metric] or 0.0)
        for mine, other in zip(records, others, strict=True)
    ]
    interval = bootstrap_mean(differences, [record.cluster for record in records], settings.resamples, settings.seed)
    ends = {"difference": interval.mean, "low": interval.low, "high": interval.high}
    return {"arm": arm, "against": against, "metric": metric, **ends}


def _verdict(report: dict[str, Any], min_documents: int) -> dict[str, Any]:
    """Climb from the cheapest arm to the next dearer one that beats it with its whole interval above zero.

    An interval over few documents is too narrow to be believed; then nothing counts as measurably better.
    """
    believed = report["dataset"]["documents"] >= min_documents
    names = [name for name in BY_COST if name in report["arms"]]
    gains = {(c["arm"], c["against"]): c for c in report["comparisons"]}
    chosen, because = names[0], ""
    for name in names[1:]:
        gain = gains[name, chosen]
        if gain["low"] > 0 and believed:
            because = (
                f" It gains {gain['difference']:+.3f} [{gain['low']:+.3f}, {gain['high']:+.3f}] "
                f"in {report['primary_metric']} over {chosen}."
            )
            chosen = name
    others = [name for name in names if name != chosen]
    compared = f" Compared with {', '.join(others)}." if others else " Nothing else was measured."
    return {"arm": chosen, "text": _ADVICE[chosen] + because + compared, "release": report["arms"][chosen]["release"]}
