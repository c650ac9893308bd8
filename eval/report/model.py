"""The report of an evaluation as one checked object, and what the reports of earlier versions meant.

What is stored and shown is `Report.as_json()`. A stored report stays as it was written: it is upgraded when it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from eval.metrics.table import METRIC_OF
from eval.runner import Record
from eval.significance import Interval
from store.errors import DamagedError
from store.json_values import Json, JsonObject
from store.refusals import explain

SCHEMA = 2  # of a report: since then its documents are documents, and its records are comparable
Means = dict[str, Interval]  # by the name of the metric


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Questions(_Part):
    """What was measured on; `documents` and `groups` are those that answerable questions are about."""

    id: str
    name: str
    split: str
    sha256: str
    questions: int
    answerable: int
    unanchored: int
    documents: int
    groups: int


class Latency(_Part):
    """Milliseconds of an answer."""

    p50: float
    p95: float


class ArmReport(_Part):
    """An arm: the release that would serve it, and what it scored, unless there was a leak."""

    release: str
    generator: str
    adapter: str | None
    base_model: str | None = None
    about: str | None = None
    metrics: Means = Field(default_factory=dict)
    by_language: dict[str, Means] = Field(default_factory=dict)
    latency_ms: Latency | None = None
    tokens: float = 0.0


class Comparison(_Part):
    """Two arms, question by question: what `arm` has more than `against`, with the 95 % interval of this alone.

    `p` is the p-value of that; `p_adjusted` is corrected for what else was looked at, and decides.
    """

    arm: str
    against: str
    metric: str
    difference: float
    low: float
    high: float
    p: float | None = None
    kind: str = "exploratory"
    p_adjusted: float | None = None

    def is_of(self, one: str, other: str) -> bool:
        """Return whether it compares these two, in whichever direction."""
        return {self.arm, self.against} == {one, other}

    def gain_of(self, arm: str) -> Gain:
        """Return by how much `arm` is better than the other one."""
        metric = METRIC_OF.get(self.metric)
        better = metric is None or metric.higher_is_better
        sign = 1 if (self.arm == arm) == better else -1
        low, high = sorted((sign * self.low, sign * self.high))
        return Gain(sign * self.difference, low, high)


@dataclass(frozen=True)
class Gain:
    """How much better an arm is, with the ends of the interval; below zero it is worse."""

    mean: float
    low: float
    high: float


class Verdict(_Part):
    """The arm that a domain should use, why, and the release that serves it."""

    arm: str
    text: str
    release: str


class Decision(_Part):
    """Whether the gate opens, and every reason against it."""

    passed: bool
    reasons: list[str]


class Weakness(_Part):
    """A cause of wrong answers: how many of those looked into have it, and the share of all questions that it takes."""

    cause: str
    part: str
    about: str
    questions: int
    share: Interval


class Weaknesses(_Part):
    """Why the answers of an arm are wrong; `parts` says what each part of the system costs, `first` what to do first.

    Where there are many wrong answers only some were looked into, which stand for all.
    """

    arm: str
    wrong: int
    looked_into: int
    causes: list[Weakness]
    parts: dict[str, Interval]
    first: str | None = None


class Report(_Part):
    """A report. With a leak it has neither records nor a verdict; `no_verdict` says why there is none.

    `blanked` counts the records whose text a deletion took away.
    """

    schema_: int = Field(alias="schema")
    domain: str
    dataset: Questions
    skipped: dict[str, str]
    measured_at: int = 0
    primary_metric: str
    active_arm: str
    normalisers: dict[str, str]
    interval: str
    test: str = ""
    looks: int = 1
    leaks: list[str]
    warnings: list[str] = Field(default_factory=list)
    arms: dict[str, ArmReport]
    records: list[Record] = Field(default_factory=list)
    comparisons: list[Comparison] = Field(default_factory=list)
    no_verdict: list[str] = Field(default_factory=list)
    verdict: Verdict | None = None
    gate: dict[str, Decision] = Field(default_factory=dict)
    next: list[str] = Field(default_factory=list)
    weaknesses: Weaknesses | None = None
    blanked: int = 0

    def as_json(self) -> dict[str, Json]:
        """Return the report as it is stored and shown: what is known, and nothing else."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _questions_as_documents(report: JsonObject) -> JsonObject:
    """Schema 1 counted each question as a document, and knew no groups of them."""
    dataset = report["dataset"]
    if not isinstance(dataset, dict):
        return report
    unknown = {"answerable": dataset.get("questions"), "unanchored": 0, "groups": dataset.get("documents")}
    return {**report, "dataset": {**unknown, **dataset}}


UPGRADES: Mapping[int, Callable[[JsonObject], JsonObject]] = MappingProxyType({1: _questions_as_documents})


def read_report(stored: JsonObject) -> Report:
    """Return a stored report, of this version or of an earlier one; `DamagedError` if it is none."""
    report = stored
    for schema, upgrade in sorted(UPGRADES.items()):
        if report.get("schema") == schema:
            report = upgrade(report)
    try:
        return Report.model_validate(report)
    except ValidationError as error:
        _, reason = explain(error.errors()[0], report)
        raise DamagedError(f"The report cannot be read: {reason} Measure again.", code="unreadable_report") from error
