"""The report of an evaluation: numbers with intervals, comparisons, verdict and gate, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eval.gate import decide
from eval.metrics.normalise import NORMALISERS
from eval.metrics.table import METRICS
from eval.report.contrasts import REFERENCE, compare_arms
from eval.report.model import SCHEMA, ArmReport, Latency, Means, Questions, Report, Weaknesses
from eval.report.verdict import next_steps, verdict_of, warnings_of, why_no_verdict
from eval.runner import Record
from eval.settings import EvalSettings
from eval.significance import Interval, bootstrap_mean
from generator.arms import BY_COST


@dataclass(frozen=True)
class Measured:
    """What was measured on, when, which arms were left out and why, and how often these questions were measured."""

    domain: str
    dataset: Questions
    skipped: dict[str, str]
    measured_at: int
    leaks: list[str]
    looks: int = 1
    weaknesses: Weaknesses | None = None


def build_report(
    records: Mapping[str, Sequence[Record]],
    arms: Mapping[str, ArmReport],
    measured: Measured,
    *,
    active_arm: str,
    primary_metric: str,
    settings: EvalSettings,
) -> Report:
    """Return the report. `arms` says of each arm its release, generator and adapter, `records` what it answered.

    With a leak there are no records, or they are not shown, and there is no verdict; `no_verdict` says why there is
    none.
    """
    flat = [record for name in records for record in records[name]]
    order = sorted(records, key=lambda name: _rank(name, active_arm))
    report = Report(
        schema=SCHEMA,
        domain=measured.domain,
        dataset=measured.dataset,
        skipped=measured.skipped,
        measured_at=measured.measured_at,
        primary_metric=primary_metric,
        active_arm=active_arm,
        normalisers=NORMALISERS,
        interval=f"95 %, percentile bootstrap over groups of questions that share a document, "
        f"{settings.resamples} resamples, seed {settings.seed}",
        test=f"sign flips of these groups, two-sided; contrasts with the active arm and with {REFERENCE} by Holm",
        looks=measured.looks,
        leaks=measured.leaks,
        warnings=warnings_of(measured.dataset, measured.looks),
        arms={name: _summary(arm, records[name], settings) if records else arm for name, arm in arms.items()},
        records=flat,
        comparisons=compare_arms(flat, order, active_arm, primary_metric, settings, measured.looks),
    )
    report = report.model_copy(update={"no_verdict": why_no_verdict(report, settings.gate)})
    verdict = None if report.no_verdict else verdict_of(report, settings.gate)
    gate = {name: decide(report, name, settings, measured.looks) for name in arms}
    report = report.model_copy(update={"verdict": verdict, "gate": gate})
    found = {} if measured.weaknesses is None else {"weaknesses": measured.weaknesses}
    return report.model_copy(update={"next": next_steps(report, settings.gate), **found})


def _rank(name: str, active: str) -> int:
    """Return the place of an arm in the order of cost: an active arm that is none of them first, releases last."""
    if name in BY_COST:
        return BY_COST.index(name)
    return -1 if name == active else len(BY_COST)


def _summary(arm: ArmReport, records: Sequence[Record], settings: EvalSettings) -> ArmReport:
    times = [record.ms for record in records]
    languages = sorted({record.language for record in records})
    found = {
        "metrics": _means(records, settings),
        "by_language": {
            language: _means([r for r in records if r.language == language], settings) for language in languages
        },
        "latency_ms": Latency(p50=float(np.percentile(times, 50)), p95=float(np.percentile(times, 95))),
        "tokens": float(np.mean([record.prompt_tokens + record.completion_tokens for record in records])),
    }
    return arm.model_copy(update=found)


def _means(records: Sequence[Record], settings: EvalSettings) -> Means:
    return {metric.name: _mean(records, metric.name, settings) for metric in METRICS}


def _mean(records: Sequence[Record], metric: str, settings: EvalSettings) -> Interval:
    scored = [(value, record.cluster) for record in records if (value := record.scores[metric]) is not None]
    values, clusters = [value for value, _ in scored], [cluster for _, cluster in scored]
    return bootstrap_mean(values, clusters, settings.resamples, settings.seed)
