"""Evaluations."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from store.evaluations import Evaluation
from store.json_values import Json


class EvaluationObject(BaseModel):
    """An evaluation; verdict and report are there once its job succeeded."""

    id: str
    object: Literal["evaluation"] = "evaluation"
    domain: str
    dataset: str
    job: str
    status: str
    verdict: dict[str, Json] | None
    report: dict[str, Json] | None
    created_at: int

    @classmethod
    def of(cls, evaluation: Evaluation, domain: str) -> EvaluationObject:
        """Return the object of a record, with the report but for its single records."""
        report = evaluation.report and {key: value for key, value in evaluation.report.items() if key != "records"}
        return cls(
            id=evaluation.id,
            domain=domain,
            dataset=evaluation.dataset_id,
            job=evaluation.job_id,
            status=evaluation.status,
            verdict=report["verdict"] if report else None,
            report=report,
            created_at=evaluation.created_at,
        )
