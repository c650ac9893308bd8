"""The report of an evaluation: numbers with intervals, comparisons, verdict and gate, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from eval.gate import SCHEMA, decide
from eval.metrics.normalise import NORMALISERS
from eval.metrics.table import METRICS
from eval.report.contrasts import compare_arms
from eval.report.verdict import next_steps, verdict_of, warnings_of, why_no_verdict
from eval.runner import Record
from eval.settings import EvalSettings
from eval.significance import Interval, bootstrap_mean
from generator.arms import BY_COST


def build_report(
    records: dict[str, list[Record]],
    *,
    about: dict[str, Any],
    arms: Mapping[str, dict[str, Any]],
    active_arm: str,
    primary_metric: str,
    leaks: list[str],
    settings: EvalSettings,
    looks: int = 1,
) -> dict[str, Any]:
    """Return the report. `arms` says of each arm its release, generator and adapter.

    `looks` counts how often these questions were measured, this time included. With a leak there are no records, or
    they are not shown, and there is no verdict; `no_verdict` says why there is none.
    """
    report: dict[str, Any] = {
        "schema": SCHEMA,
        **about,
        "primary_metric": primary_metric,
        "active_arm": active_arm,
        "normalisers": NORMALISERS,
        "interval": f"95 %, percentile bootstrap over groups of questions that share a document, "
        f"{settings.resamples} resamples, seed {settings.seed}",
        "test": "sign flips of these groups, two-sided; contrasts with the active arm and with rag by Holm",
        "looks": looks,
        "leaks": leaks,
        "warnings": warnings_of(about["dataset"], looks),
        "arms": {name: {**arms[name], **(_summary(records[name], settings) if records else {})} for name in arms},
    }
    report["records"] = [record.as_json() for name in records for record in records[name]]
    order = sorted(records, key=lambda name: _rank(name, active_arm))
    report["comparisons"] = compare_arms(report["records"], order, active_arm, primary_metric, settings, looks)
    report["no_verdict"] = why_no_verdict(report, settings.gate)
    report["verdict"] = None if report["no_verdict"] else verdict_of(report, settings.gate)
    report["gate"] = {name: asdict(decide(report, name, settings, looks)) for name in arms}
    report["next"] = next_steps(report, settings.gate)
    return report


def _rank(name: str, active: str) -> int:
    """Return the place of an arm in the order of cost: an active arm that is none of them first, releases last."""
    if name in BY_COST:
        return BY_COST.index(name)
    return -1 if name == active else len(BY_COST)


def _summary(records: Sequence[Record], settings: EvalSettings) -> dict[str, Any]:
    times = [record.ms for record in records]
    languages = sorted({record.language for record in records})
    return {
        "metrics": _means(records, settings),
        "by_language": {
            language: _means([r for r in records if r.language == language], settings) for language in languages
        },
        "latency_ms": {"p50": float(np.percentile(times, 50)), "p95": float(np.percentile(times, 95))},
        "tokens": float(np.mean([record.prompt_tokens + record.completion_tokens for record in records])),
    }


def _means(records: Sequence[Record], settings: EvalSettings) -> dict[str, dict[str, Any]]:
    return {metric.name: asdict(_mean(records, metric.name, settings)) for metric in METRICS}


def _mean(records: Sequence[Record], metric: str, settings: EvalSettings) -> Interval:
    scored = [(value, record.cluster) for record in records if (value := record.scores[metric]) is not None]
    values, clusters = [value for value, _ in scored], [cluster for _, cluster in scored]
    return bootstrap_mean(values, clusters, settings.resamples, settings.seed)
