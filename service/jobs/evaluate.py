"""The job kind `evaluate`: arms of a domain, or releases, are compared on a data set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from eval.metrics.table import DECIDING
from eval.settings import EvaluateSection
from service.jobs.kind import JobKind, Params
from store.choices import one_of
from store.datasets import get_dataset
from store.errors import NotFoundError
from store.evaluations import create_evaluation
from store.jobs import Job, get_job
from store.json_values import JsonObject
from store.progress import Progress
from store.refusals import checked
from store.releases import get_release
from store.store import Store

if TYPE_CHECKING:
    from eval.evaluate import Evaluated


class EvaluateParams(Params):
    """What to measure on, which arms, releases and adapters, and the metric that decides."""

    dataset: str
    split: Literal["train", "dev", "test"] = "test"
    arms: list[str] | None = Field(None, min_length=1, max_length=10)
    releases: list[str] | None = Field(None, min_length=1, max_length=10)
    adapters: list[str] | None = Field(None, min_length=1, max_length=10)
    primary_metric: Annotated[str, one_of(DECIDING)] = DECIDING[0]


def _check(store: Store, domain_id: str, given: JsonObject) -> JsonObject:
    params = checked(EvaluateParams, given, "params")
    dataset = get_dataset(store, domain_id, params.dataset)
    for release in params.releases or ():
        if get_release(store, release).domain_id != domain_id:
            raise NotFoundError(f"There is no release {release[:80]!r} in this domain.", code="release_not_found")
    return {**params.model_dump(exclude_none=True), "dataset": dataset.id}


def _insert(store: Store, kind: str, domain_id: str, params: JsonObject) -> Job:
    """Queue the job and its evaluation in one transaction."""
    del kind  # an evaluation has one of its own
    return get_job(store, create_evaluation(store, domain_id, params).job_id)


def _run(section: JsonObject, store: Store, progress: Progress) -> Evaluated:
    from eval.evaluate import run_evaluation

    return run_evaluation(EvaluateSection.model_validate(section), store, progress)


EVALUATE = JobKind(
    "evaluate",
    lane="compute",
    section=lambda settings: EvaluateSection(
        eval=settings.eval, generator=settings.generator, retriever=settings.retriever
    ),
    check=_check,
    insert=_insert,
    run=_run,
)
