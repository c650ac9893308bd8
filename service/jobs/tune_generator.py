"""The job kind `tune_generator`: an adapter of the base model learns from a data set, by one of the tuning methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from generator.arms import Way
from service.jobs.kind import JobKind, Params
from store.datasets import get_dataset
from store.jobs import create_job
from store.json_values import JsonObject
from store.progress import Progress
from store.refusals import checked
from store.store import Store
from tuner.method import Role
from tuner.methods import method_of, methods_of
from tuner.settings import TuneSection

if TYPE_CHECKING:
    from tuner.run import Tuned

_ROLE: Role = "generator"


class TuneParams(Params):
    """What to learn from, and how the adapter is trained; beside it stands what is changed of a method's settings."""

    dataset: str
    split: Literal["train", "dev"] = "train"
    trained: Way = "with_context"
    drop_leaks: bool = False


def _check(store: Store, domain_id: str, given: JsonObject) -> JsonObject:
    method = method_of(_ROLE, given)
    sections = {row.name for row in methods_of(_ROLE)}
    common = {name: value for name, value in given.items() if name not in sections}
    params = checked(TuneParams, common, "params")
    changes = given.get(method.name, {})
    checked(method.settings, changes, f"params.{method.name}")
    dataset = get_dataset(store, domain_id, params.dataset)
    return {**params.model_dump(), method.name: changes, "dataset": dataset.id}


def _run(section: JsonObject, store: Store, progress: Progress) -> Tuned:
    from tuner.run import run_tuning

    return run_tuning(_ROLE, TuneSection.model_validate(section), store, progress)


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
