"""Evaluations: start, read, and the report as JSON, Markdown or a page."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from pydantic import Field

from eval.metrics.table import DECIDING
from eval.report.markdown import to_markdown
from eval.report.page import to_html
from service.http.paging import Page, page
from service.http.validation import Body
from service.jobs.evaluate import EVALUATE
from service.wire.tandem.objects.content import ObjectList
from service.wire.tandem.objects.lifecycle import EvaluationObject
from service.wire.tandem.routes.dependencies import RuntimeDep
from store.choices import one_of
from store.domains import domain_of, get_domain, list_domains
from store.errors import ConflictError, NotReadyError
from store.evaluations import Evaluation, evaluation_of_job, get_evaluation, list_evaluations
from store.jobs import FINAL
from store.store import Store

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
def create(body: NewEvaluation, runtime: RuntimeDep) -> EvaluationObject:
    """Queue an evaluation."""
    params = body.model_dump(exclude={"domain", "protocol"}, exclude_none=True)
    job = runtime.queue(EVALUATE.name, get_domain(runtime.store, body.domain).id, params)
    return EvaluationObject.of(evaluation_of_job(runtime.store, job.id), body.domain)


@router.get("")
def list_all(
    runtime: RuntimeDep, page: Annotated[Page, Depends(page(20, "asc"))], domain: str | None = None
) -> ObjectList:
    """Return evaluations, oldest first, without their reports."""
    domain_id = get_domain(runtime.store, domain).id if domain else None
    found = reversed(list_evaluations(runtime.store, domain_id, reports=False))
    names = {each.id: each.name for each in list_domains(runtime.store)}
    shown = [EvaluationObject.of(each, names[each.domain_id]) for each in found if each.domain_id in names]
    return page.of([each.model_copy(update={"report": None}) for each in shown])


@router.get("/{evaluation}")
def get(evaluation: str, runtime: RuntimeDep) -> EvaluationObject:
    """Return an evaluation with its report."""
    return _object(runtime.store, get_evaluation(runtime.store, evaluation))


@router.get("/{evaluation}/report.json")
def report_json(evaluation: str, runtime: RuntimeDep) -> JSONResponse:
    """Return the whole report, single records included."""
    return JSONResponse(_report(runtime.store, evaluation))


@router.get("/{evaluation}/report.md", response_class=PlainTextResponse)
def report_markdown(evaluation: str, runtime: RuntimeDep) -> PlainTextResponse:
    """Return the report as Markdown."""
    return PlainTextResponse(to_markdown(_report(runtime.store, evaluation)), media_type="text/markdown")


@router.get("/{evaluation}/report.html", response_class=HTMLResponse)
def report_page(evaluation: str, runtime: RuntimeDep) -> HTMLResponse:
    """Return the report as a page that loads nothing from elsewhere."""
    return HTMLResponse(to_html(_report(runtime.store, evaluation)))


def _report(store: Store, evaluation_id: str) -> dict[str, object]:
    found = get_evaluation(store, evaluation_id)
    if found.report is None and found.status in FINAL:
        raise ConflictError(f"{evaluation_id} has {found.status}; see the job {found.job_id}.", code="no_report")
    if found.report is None:
        raise NotReadyError(f"{evaluation_id} is {found.status}; see the job {found.job_id}.", code="no_report")
    return found.report


def _object(store: Store, evaluation: Evaluation) -> EvaluationObject:
    return EvaluationObject.of(evaluation, domain_of(store, evaluation.domain_id).name)
