"""The report as Markdown, for terminals and for pages that take it."""

from __future__ import annotations

from eval.metrics.table import METRICS
from eval.report.model import ArmReport, Report
from eval.significance import Interval


def to_markdown(report: Report) -> str:
    """Return the report as Markdown, without the single records."""
    lines = [f"# Evaluation of the domain {report.domain}", "", *_verdict(report), ""]
    if not report.leaks:
        lines += [*_arm_table(report), "", *_language_table(report), "", *_comparisons(report), ""]
    lines += ["Gate:", ""]
    for name, decision in report.gate.items():
        lines.append(f"- {name}: {'open' if decision.passed else 'closed: ' + '; '.join(decision.reasons)}")
    lines += [f"- not measured: {name}: {why}" for name, why in report.skipped.items()]
    lines += ["", *_weaknesses(report), *_descriptions(report), "", _about(report), ""]
    lines += [f"Next: {step}\n" for step in report.next]
    return "\n".join(lines)


def _verdict(report: Report) -> list[str]:
    if report.leaks:
        leaks = [f"- {leak}" for leak in report.leaks]
        return ["**No verdict: training and test data overlap.**", "", *leaks]
    verdict = report.verdict
    if verdict is None:
        return [f"**No verdict: {'; '.join(report.no_verdict)}.** The numbers below show no more than a tendency."]
    return [f"**Verdict: {verdict.arm}.** {verdict.text}"]


def _comparisons(report: Report) -> list[str]:
    """The table of differences; reports of before have no p-values."""
    lines = [f"Differences in {report.primary_metric}, paired by question, with the 95 % interval of each alone;"]
    lines += ["p is corrected for all that were looked at, and at least 0.001 is shown:", ""]
    lines += ["| arm | against | difference | interval | p | kind |", "|---|---|---|---|---|---|"]
    for each in report.comparisons:
        p = "-" if each.p_adjusted is None else f"{max(each.p_adjusted, 0.001):.3f}"
        interval = f"[{each.low:+.3f}, {each.high:+.3f}]"
        ends = f"{each.difference:+.3f} | {interval} | {p} | {each.kind}"
        lines.append(f"| {each.arm} | {each.against} | {ends} |")
    return lines


def _weaknesses(report: Report) -> list[str]:
    """Why answers are wrong; reports of before did not ask."""
    found = report.weaknesses
    if found is None or not found.causes:
        return []
    sampled = "" if found.looked_into == found.wrong else f", of which {found.looked_into} were looked into"
    lines = [f"Wrong answers of {found.arm}: {found.wrong}{sampled}. {found.first}", ""]
    lines += ["| cause | part | answers | share of all questions |", "|---|---|---|---|"]
    lines += [f"| {each.about} | {each.part} | {each.questions} | {_cell(each.share)} |" for each in found.causes]
    return [*lines, ""]


def _descriptions(report: Report) -> list[str]:
    found = [f"- {name}: {arm.about}" for name, arm in report.arms.items() if arm.about is not None]
    return ["What was measured:", "", *found] if found else []


def _about(report: Report) -> str:
    dataset = report.dataset
    blanked = f" {report.blanked} records were blanked because their document was deleted." if report.blanked else ""
    notes = "".join(f" {warning}" for warning in report.warnings)
    return (
        f"{dataset.questions} questions about {dataset.documents} documents, split {dataset.split} "
        f"of {dataset.name} (SHA-256 {dataset.sha256[:12]}).{notes} Intervals: {report.interval}. "
        f"Normalisation: {', '.join(f'{key} {value}' for key, value in report.normalisers.items())}.{blanked}"
    )


def _arm_table(report: Report) -> list[str]:
    shown = [metric for metric in METRICS if metric.heading is not None]
    lines = [f"| arm | {' | '.join(str(metric.heading) for metric in shown)} | ms p50 | tokens | release |"]
    lines += ["|---|" + "---|" * len(shown) + "---|---|---|"]
    for name, arm in report.arms.items():
        numbers = [_cell(arm.metrics.get(metric.name)) for metric in shown]
        tail = f"{_p50(arm):.0f} | {arm.tokens:.0f} | {arm.release}"
        lines.append(f"| {name} | {' | '.join(numbers)} | {tail} |")
    return lines


def _language_table(report: Report) -> list[str]:
    metric = report.primary_metric
    languages = sorted({language for arm in report.arms.values() for language in arm.by_language})
    lines = [f"| {metric} | {' | '.join(languages)} |", "|---|" + "---|" * len(languages)]
    for name, arm in report.arms.items():
        cells = [_cell(arm.by_language[language][metric]) for language in languages]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _cell(interval: Interval | None) -> str:
    """Return a mean with its interval; a report of before a metric was added has none of it."""
    if not interval or not interval.n:
        return "-"
    return f"{interval.mean:.3f} [{interval.low:.3f}, {interval.high:.3f}]"


def _p50(arm: ArmReport) -> float:
    return arm.latency_ms.p50 if arm.latency_ms else 0.0
