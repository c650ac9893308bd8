"""Reports of evaluations whose scores are given: every second question is about a further document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eval.report.model import ArmReport, Questions, Report
from eval.report.report import Measured, build_report
from eval.runner import Record
from eval.settings import EvalSettings, GateLimits
from generator.arms import BY_COST


def records(arm: str, scores: Sequence[float], *, abstention: float = 1.0, language: str = "en") -> list[Record]:
    """Return a record of an arm for each score, which is its F1."""
    return [
        Record(
            key=f"q{number}",
            arm=arm,
            language=language,
            cluster=f"doc_{number // 2}",
            question=f"Question {number}?",
            gold=["x"],
            answer="",
            abstained=False,
            cited=[],
            documents=[f"doc_{number // 2}"],
            scores={
                "f1": score,
                "em": float(score == 1.0),
                "recall": 1.0,
                "abstention": abstention,
                "citation_precision": 0.5 if number == 0 else None,
                "retrieval_hit": None,
            },
            ms=10.0 * (number + 1),
            prompt_tokens=100,
            completion_tokens=number,
        )
        for number, score in enumerate(scores)
    ]


def settings_of(**limits: Any) -> EvalSettings:
    """Return settings with few resamples and these limits of the gate."""
    return EvalSettings(resamples=500, gate=GateLimits(**{"min_documents": 2, "min_questions": 1, **limits}))


def report_of(
    measured: dict[str, list[Record]],
    active: str = "extractive",
    *,
    leaks: list[str] | None = None,
    domain: str = "handbook",
    min_questions: int = 1,
    min_documents: int = 2,
    split: str = "test",
    dataset: dict[str, int] | None = None,
    looks: int = 1,
) -> Report:
    """Return the report of these records, by arm, with limits that so few questions can reach."""
    first = next(iter(measured.values()))
    questions, groups = len(first), len({record.cluster for record in first})
    counts = {"questions": questions, "answerable": questions, "documents": groups, "groups": groups}
    about = {"id": "ds_1", "name": "questions", "split": split, "sha256": "abcdef" * 10, "unanchored": 0}
    return build_report(
        measured,
        {
            name: ArmReport(
                release=f"rel_{BY_COST.index(name) if name in BY_COST else name}",
                generator="x",
                adapter=None,
                about=f"the arm {name}",
            )
            for name in measured
        },
        Measured(
            domain=domain,
            dataset=Questions.model_validate({**about, **counts, **(dataset or {})}),
            skipped={"tuned": "no adapter was trained closed_book (tandem tune generator)."},
            measured_at=1_700_000_000,
            leaks=leaks or [],
            looks=looks,
        ),
        active_arm=active,
        primary_metric="f1",
        settings=settings_of(min_documents=min_documents, min_questions=min_questions),
    )
