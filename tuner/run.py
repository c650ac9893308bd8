"""The job path of every tuning: examples, then rows, then a method, then the registry.

It knows no method: `tuner.methods` has their table, and `tuner.data` makes what they learn from.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import cast, get_args

from pydantic import BaseModel

from generator.arms import Way
from generator.engine import Engine
from generator.manifest import Manifest
from generator.releases import typed
from store.datasets import Dataset, Example, get_dataset, hash_examples, usable_examples
from store.errors import InvalidInputError, UnprocessableError
from store.examples import QuestionContent
from store.json_values import JsonObject, json_object
from store.lineage import DatasetReference, Lineage
from store.models import Metrics, NewModel, model_of_job, publish_model
from store.progress import Progress
from store.refusals import checked
from store.releases import active_release
from store.store import Store
from tuner.data.leaks import said_of, training_leaks
from tuner.data.suspicions import tell_suspects
from tuner.method import Method, MethodSettings, Role, Source, TrainedModel
from tuner.methods import method_of
from tuner.settings import TunerSettings, TuneSection

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # huggingface_hub reads it once, at its import; TRL would call home


class Tuned(BaseModel):
    """The id of the registered model, and what its training measured."""

    model: str
    metrics: Metrics


@dataclass(frozen=True)
class _Plan:
    """What a job asks for, checked."""

    method: Method
    settings: MethodSettings
    way: Way
    dataset: Dataset
    split: str
    examples: Sequence[Example]


def run_tuning(role: Role, section: TuneSection, store: Store, progress: Progress) -> Tuned:
    """Tune that part of a release on a split of a data set and register a candidate."""
    published = model_of_job(store, progress.job.id)
    if published is not None:  # by an earlier attempt that died before it could say so
        return Tuned(model=published.id, metrics=published.metrics)
    plan = _plan(role, section.tuner, store, progress)
    engine = Engine(store, section.retriever, section.generator)
    try:
        base = engine.base_models.current()
        manifest = typed(active_release(store, progress.job.domain_id)).manifest
        plan = _without_leaks(store, plan, engine, progress)
        tell_suspects(store, progress, plan.dataset, plan.examples, engine.retriever.encoder.encode_queries)
        progress(0.01, f"{len(plan.examples)} examples, trained {plan.way}")
        source = Source(
            engine=engine,
            domain_id=progress.job.domain_id,
            manifest=manifest,
            base=Path(base.path),
            examples=plan.examples,
            way=plan.way,
            without_gold=section.tuner.without_gold,
            alive=lambda: progress(0.02),
        )
        learn = plan.method.prepare(source, plan.settings)
    finally:
        engine.close(checkpoint=False)
    trained = learn(section.tuner.threads, progress)
    return _publish(store, plan, trained, base.id, _lineage(plan, section.tuner, manifest), progress)


def _plan(role: Role, section: TunerSettings, store: Store, progress: Progress) -> _Plan:
    params = progress.job.params
    way = params.get("trained", "with_context")
    if way not in get_args(Way):
        raise InvalidInputError(f"An adapter is trained {' or '.join(get_args(Way))}, not {way!r}.", param="trained")
    method = method_of(role, params)
    settings = settings_of(method, section, json_object(params.get(method.name, {}), method.name))
    dataset = get_dataset(store, progress.job.domain_id, str(params["dataset"]))
    split = str(params.get("split", "train"))
    examples = [e for e in usable_examples(store, dataset.id, split) if isinstance(e.content, QuestionContent)]
    if not examples:
        raise UnprocessableError(f"{dataset.name} has no usable question in the split {split!r}.", code="no_examples")
    return _Plan(method, settings, cast("Way", way), dataset, split, examples)


def _without_leaks(store: Store, plan: _Plan, engine: Engine, progress: Progress) -> _Plan:
    """Return the plan without examples that give away what is measured with, if the job is to drop them.

    Raises `UnprocessableError` naming the first of them otherwise, and if no other is left.
    """
    encode = engine.retriever.encoder.encode_queries
    leaks = training_leaks(store, progress.job.domain_id, plan.examples, encode)
    if not leaks:
        return plan
    given_away = {leak.key for leak in leaks}
    left = [each for each in plan.examples if each.key not in given_away]
    if not progress.job.params.get("drop_leaks") or not left:
        raise UnprocessableError(
            f"{len(given_away)} of {len(plan.examples)} examples give away what is measured with, so nothing is "
            f"trained: {said_of(leaks)} Train without them by drop_leaks (--drop-leaks); nothing is removed from what "
            "is measured with.",
            code="training_leaks",
        )
    said = f"{len(given_away)} examples that give away what is measured with are left out: {said_of(leaks)}"
    progress(0.005, said, "warning")
    return replace(plan, examples=left)


def settings_of(method: Method, section: TunerSettings, changes: JsonObject) -> MethodSettings:
    """Return the settings of a method as they are configured, with these changes; a wrong one is named."""
    configured: BaseModel = getattr(section, method.name)
    return checked(method.settings, {**configured.model_dump(), **changes}, method.name)


def _publish(
    store: Store, plan: _Plan, trained: TrainedModel, base: str, lineage: Lineage, progress: Progress
) -> Tuned:
    asked = [(f"{plan.dataset.name} {each.key}", each.fingerprint) for each in plan.examples if each.fingerprint]
    documents = {key: value for example in plan.examples for key, value in example.documents.items()}
    new = NewModel(plan.method.kind, progress.job.domain_id, base, lineage, trained.metrics, documents, asked)
    progress(0.97, "publishing")

    def fill(folder: Path) -> None:
        trained.write(folder)
        plan.method.check(folder)

    published = publish_model(store, progress.lease, new, fill)
    return Tuned(model=published.id, metrics=published.metrics)


def _lineage(plan: _Plan, section: TunerSettings, manifest: Manifest) -> Lineage:
    return Lineage(
        method=plan.method.name,
        trained=plan.way,
        without_gold="abstain",
        dataset=DatasetReference(
            id=plan.dataset.id,
            split=plan.split,
            sha256=hash_examples(plan.examples),
            examples=len(plan.examples),
        ),
        settings={**plan.settings.model_dump(mode="json"), "without_gold": section.without_gold},
        prompt=manifest.prompt,
        versions={**{name: version(name) for name in plan.method.libraries}, "python": platform.python_version()},
    )
