"""Evaluations: start, read, and the report as JSON, Markdown or a page."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from pydantic import Field

from eval.metrics.table import DECIDING
from eval.report.markdown import to_markdown
from eval.report.model import read_report
from eval.report.page import to_html
from service.actions import evaluations
from service.http.objects import ObjectList
from service.http.paging import Page, page
from service.http.validation import Body
from service.wire.tandem.objects.evaluations import EvaluationObject
from service.wire.tandem.routes.dependencies import AccessDep, RuntimeDep
from store.choices import one_of

router = APIRouter(prefix="/v1/evaluations", tags=["evaluations"])


class NewEvaluation(Body):
    """What to measure. Without `arms` all that can be measured are.

    `releases` are compared with the active one, and without `arms` nothing else is. `adapters` are what arms use
    instead of the newest that was trained their way.
    """

    domain: str
    dataset: str
    arms: list[str] | None = Field(None, min_length=1, max_length=10)
    releases: list[str] | None = Field(None, min_length=1, max_length=10)
    adapters: list[str] | None = Field(None, min_length=1, max_length=10)
    protocol: Literal["retrieved"] = Field("retrieved", description="passages are what retrieval finds")
    primary_metric: Annotated[str, one_of(DECIDING)] = DECIDING[0]
    split: Literal["train", "dev", "test"] = "test"


@router.post("", status_code=201)
def create(body: NewEvaluation, runtime: RuntimeDep, access: AccessDep) -> EvaluationObject:
    """Queue an evaluation."""
    params = body.model_dump(exclude={"domain", "protocol"}, exclude_none=True)
    return EvaluationObject.of(*evaluations.start(runtime, body.domain, params, access))


@router.get("")
def list_all(
    runtime: RuntimeDep,
    access: AccessDep,
    page: Annotated[Page, Depends(page(20, "asc"))],
    domain: str | None = None,
) -> ObjectList[EvaluationObject]:
    """Return evaluations, oldest first, without their reports."""
    shown = [EvaluationObject.of(*each) for each in evaluations.find(runtime, domain, access)]
    return page.of([each.model_copy(update={"report": None}) for each in shown])


@router.get("/{evaluation}")
def get(evaluation: str, runtime: RuntimeDep, access: AccessDep) -> EvaluationObject:
    """Return an evaluation with its report."""
    return EvaluationObject.of(*evaluations.get(runtime, evaluation, access))


@router.get("/{evaluation}/report.json")
def report_json(evaluation: str, runtime: RuntimeDep, access: AccessDep) -> JSONResponse:
    """Return the whole report, single records included."""
    return JSONResponse(evaluations.report(runtime, evaluation, access))


@router.get("/{evaluation}/report.md", response_class=PlainTextResponse)
def report_markdown(evaluation: str, runtime: RuntimeDep, access: AccessDep) -> PlainTextResponse:
    """Return the report as Markdown."""
    return PlainTextResponse(
        to_markdown(read_report(evaluations.report(runtime, evaluation, access))), media_type="text/markdown"
    )


@router.get("/{evaluation}/report.html", response_class=HTMLResponse)
def report_page(evaluation: str, runtime: RuntimeDep, access: AccessDep) -> HTMLResponse:
    """Return the report as a page that loads nothing from elsewhere."""
    return HTMLResponse(to_html(read_report(evaluations.report(runtime, evaluation, access))))
