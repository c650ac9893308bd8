"""The report as one HTML page, without scripts and without anything from elsewhere."""

from __future__ import annotations

from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from eval.metrics.table import METRICS
from eval.report.model import Report


def to_html(report: Report) -> str:
    """Return the page; every value from the report is escaped."""
    source = (files("eval.report") / "page.html.j2").read_text(encoding="utf-8")
    template = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    metric = report.primary_metric
    beside = [each for each in METRICS if each.heading is not None and each.name != metric]
    return template.from_string(source).render(report=report, metric=metric, beside=beside)
