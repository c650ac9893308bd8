"""The metrics of an answer, one row each. Runner, report, gate and wire take whatever they measure from here.

All scores lie between 0 and 1; None means that a metric does not apply to this answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from eval.metrics import abstention, citation_precision, exact_match, f1, recall, retrieval_hit
from eval.metrics.answered import Answered


@dataclass(frozen=True)
class Metric:
    """A metric: its name in reports, and its heading in tables for people (None: it is not shown there).

    `decides` says that a verdict and the gate may rest on it. With `needs_passages` it applies only to arms that show
    passages, with `needs_documents` only to questions that name the documents they are about.
    """

    name: str
    heading: str | None
    score: Callable[[Answered], float | None]
    decides: bool = False
    higher_is_better: bool = True
    needs_passages: bool = False
    needs_documents: bool = False

    def of(self, answered: Answered) -> float | None:
        """Return the score, None where the metric does not apply."""
        without_passages = self.needs_passages and not answered.arm.passages
        if without_passages or (self.needs_documents and not answered.documents):
            return None
        return self.score(answered)


METRICS = (
    Metric("f1", "F1", f1.score, decides=True),
    Metric("em", "exact", exact_match.score, decides=True),
    Metric("recall", "answer recall", recall.score, decides=True),
    Metric("abstention", "abstention", abstention.score),
    Metric("citation_precision", "citation precision", citation_precision.score),
    Metric("retrieval_hit", None, retrieval_hit.score, needs_passages=True, needs_documents=True),
)
METRIC_OF: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in METRICS})
DECIDING = tuple(metric.name for metric in METRICS if metric.decides)  # the first is taken where none is named


def scores_of(answered: Answered) -> dict[str, float | None]:
    """Return the score of an answer by every metric, by name and in the order of the table."""
    return {metric.name: metric.of(answered) for metric in METRICS}


def sign_of(name: str) -> int:
    """Return 1 if more of a metric is better, else -1."""
    return 1 if METRIC_OF[name].higher_is_better else -1
