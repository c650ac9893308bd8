"""Reports of evaluations whose scores are given: every second question is about a further document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eval.arms import BY_COST
from eval.report import build_report
from eval.runner import Record
from eval.settings import EvalSettings, GateLimits


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


def report_of(
    measured: dict[str, list[Record]],
    active: str = "extractive",
    *,
    leaks: list[str] | None = None,
    domain: str = "handbook",
    min_questions: int = 1,
    min_documents: int = 2,
    split: str = "test",
) -> dict[str, Any]:
    """Return the report of these records, by arm, with limits that so few questions can reach."""
    questions = len(next(iter(measured.values())))
    return build_report(
        measured,
        about={
            "domain": domain,
            "dataset": {
                "id": "ds_1",
                "name": "questions",
                "split": split,
                "questions": questions,
                "sha256": "abcdef" * 10,
            },
            "skipped": {"tuned": "no adapter was trained closed_book (tandem tune generator)."},
        },
        arms={
            name: {
                "release": f"rel_{BY_COST.index(name) if name in BY_COST else name}",
                "generator": "x",
                "adapter": None,
            }
            for name in measured
        },
        active_arm=active,
        primary_metric="f1",
        leaks=leaks or [],
        settings=EvalSettings(resamples=500, gate=GateLimits(min_documents=min_documents, min_questions=min_questions)),
    )
