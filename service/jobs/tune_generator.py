"""The job kind `tune_generator`: an adapter of the base model learns from a data set."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from service.jobs.kind import JobKind, Params
from store.datasets import get_dataset
from store.jobs import create_job
from store.json_values import Json, JsonObject
from store.progress import Progress
from store.refusals import checked
from store.store import Store
from tuner.settings import LoraSettings, TuneSection


class TuneParams(Params):
    """What to learn from, and how the adapter is trained."""

    dataset: str
    split: Literal["train", "dev"] = "train"
    trained: Literal["with_context", "closed_book"] = "with_context"
    lora: dict[str, Json] = Field(default_factory=dict)


class Tuned(BaseModel):
    """The id of the registered adapter, and what its training measured."""

    model: str
    metrics: dict[str, Json]


def _check(store: Store, domain_id: str, given: JsonObject) -> JsonObject:
    params = checked(TuneParams, given, "params")
    checked(LoraSettings, params.lora, "params.lora")
    return {**params.model_dump(), "dataset": get_dataset(store, domain_id, params.dataset).id}


def _run(section: JsonObject, store: Store, progress: Progress) -> Tuned:
    from tuner.lora import run_tune_generator

    return Tuned.model_validate(run_tune_generator(TuneSection.model_validate(section), store, progress))


TUNE_GENERATOR = JobKind(
    "tune_generator",
    lane="compute",
    section=lambda settings: TuneSection(
        tuner=settings.tuner, generator=settings.generator, retriever=settings.retriever
    ),
    check=_check,
    insert=create_job,
    run=_run,
)
