"""The job kind `draft`: questions with answers from the documents of a domain, for people to review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from service.jobs.kind import JobKind, Params
from service.settings import Settings
from store.datasets import list_datasets
from store.errors import ConflictError
from store.jobs import create_job
from store.json_values import JsonObject
from store.progress import Progress
from store.refusals import checked
from store.store import Store

if TYPE_CHECKING:
    from tuner.data.drafting.drafting import Drafted


class DraftParams(Params):
    """How many questions are wanted, and the name of their data set."""

    name: str = Field(min_length=1, max_length=100)
    count: int = Field(100, ge=1, le=10_000)


def _check(store: Store, domain_id: str, given: JsonObject) -> JsonObject:
    params = checked(DraftParams, given, "params")
    if any(each.name == params.name for each in list_datasets(store, domain_id)):
        raise ConflictError(f"The data set {params.name!r} exists already.", code="dataset_exists", param="params.name")
    return params.model_dump()


def _run(section: JsonObject, store: Store, progress: Progress) -> Drafted:
    from tuner.data.drafting.drafting import DraftSection, run_drafting

    return run_drafting(DraftSection.model_validate(section), store, progress)


def _section(settings: Settings) -> BaseModel:
    from tuner.data.drafting.drafting import DraftSection

    return DraftSection(generator=settings.generator, retriever=settings.retriever)


DRAFT = JobKind("draft", lane="compute", section=_section, check=_check, insert=create_job, run=_run)
