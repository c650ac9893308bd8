"""The job `evaluate`: arms of a domain, or releases, compared on a split of a data set."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from pydantic import BaseModel

from eval.arms import ACTIVE, ArmSetup, set_up_arms
from eval.leaks import find_leaks, question_numbers
from eval.metrics.table import DECIDING
from eval.questions import EvalQuestion, count_questions, grouped
from eval.report.model import ArmReport, Questions, Verdict, Weaknesses
from eval.report.report import Measured, build_report
from eval.retold import find_retold
from eval.runner import Record, run_arm
from eval.settings import EvalSettings, EvaluateSection
from eval.weaknesses.asking import Asking
from eval.weaknesses.finder import find_causes, looked_into
from eval.weaknesses.summary import weaknesses_of
from generator.answer import Answer
from generator.answering import Pinned, Question
from generator.arms import SERVED
from generator.backends.table import backend_of
from generator.engine import Engine
from generator.manifest import Manifest
from generator.releases import make_release, typed
from store.datasets import Dataset, Example, get_dataset, hash_examples, usable_examples
from store.domains import domain_of
from store.errors import InvalidInputError, NotFoundError, UnprocessableError
from store.evaluations import looks_at, save_report
from store.models import get_model, list_models
from store.progress import Progress
from store.releases import Release, active_release, get_release
from store.store import Store

_TOLD = 20  # events for each arm, at most
_ANSWERED = 0.99  # of the progress, when every question is; then causes are looked for


class Evaluated(BaseModel):
    """The verdict, None where the questions cannot tell, and the release of each arm."""

    verdict: Verdict | None
    releases: dict[str, str]


class _Asked(BaseModel):
    """The parameters of the job."""

    dataset: str
    split: str = "test"
    arms: list[str] | None = None
    releases: list[str] | None = None
    adapters: list[str] | None = None
    primary_metric: str | None = None


def _no_examples(dataset: Dataset, split: str) -> str:
    """Return that a split is empty, and how to fill it."""
    have = ", ".join(f"{count} in {name}" for name, count in sorted(dataset.splits.items()))
    return (
        f"The split {split!r} of {dataset.name} has no usable example; it has {have or 'none at all'}. A line says its "
        f'split itself: {{"question": "…", "answers": ["…"], "split": "{split}"}}; --split {split} at the import says '
        "it for lines that do not. Keep the questions about one document in one split."
    )


def run_evaluation(section: EvaluateSection, store: Store, progress: Progress) -> Evaluated:
    """Compare the arms, store the report and a release for each arm; return verdict and releases.

    Leaks are looked for first: with one nothing is run, since its numbers would say nothing.
    """
    domain_id, params = progress.job.domain_id, _Asked.model_validate(progress.job.params)
    metric = params.primary_metric or DECIDING[0]
    if metric not in DECIDING:
        raise InvalidInputError(f"The primary metric is one of {', '.join(DECIDING)}.", param="primary_metric")
    dataset = get_dataset(store, domain_id, params.dataset)
    examples = usable_examples(store, dataset.id, params.split)
    if not examples:
        raise UnprocessableError(_no_examples(dataset, params.split), code="no_examples")
    plain = [EvalQuestion.from_example(example) for example in examples]
    numbers = question_numbers(store, plain)
    questions = grouped(plain, numbers)
    engine = Engine(store, section.retriever, section.generator)
    try:
        arms, skipped, active_arm = _choose_arms(engine, domain_id, params)
        releases = {arm.name: arm.release or make_release(store, domain_id, arm.manifest).id for arm in arms}
        leaks = _find_leaks(engine, dataset, questions, arms)
        if leaks:
            message = f"training and test data overlap in {len(leaks)} places, so nothing is measured: {leaks[0]}"
            progress(0.0, message, "warning")
        records = {} if leaks else _run(engine, domain_id, arms, releases, questions, progress)
        examined = _examined([arm for arm in arms if arm.name in records], active_arm)
        weaknesses = None
        if examined is not None and section.eval.weaknesses:
            asking = Asking(engine, Pinned(domain_id, releases[examined.name], examined.manifest))
            asked = _Looked(asking, questions, numbers, section.eval)
            records[examined.name], weaknesses = _look_into(examined.name, records[examined.name], asked, progress)
    finally:
        engine.close(checkpoint=False)
    report = build_report(
        records,
        {arm.name: _describe_arm(store, arm, releases[arm.name]) for arm in arms},
        Measured(
            domain=domain_of(store, domain_id).name,
            dataset=_describe(dataset, params.split, examples, questions),
            skipped=skipped,
            measured_at=int(time.time()),
            leaks=leaks,
            looks=1 + looks_at(store, domain_id, numbers),
            weaknesses=weaknesses,
        ),
        active_arm=active_arm,
        primary_metric=metric,
        settings=section.eval,
    )
    save_report(store, progress.lease, report.as_json(), None if leaks else numbers)
    return Evaluated(verdict=report.verdict, releases=releases)


def _find_leaks(engine: Engine, dataset: Dataset, questions: list[EvalQuestion], arms: list[ArmSetup]) -> list[str]:
    """Return a sentence for each leak, one for each question: what hashes tell, and then what texts tell."""
    store = engine.store
    leaks = find_leaks(store, dataset, questions, arms)
    named = {leak.split(" ", 1)[0] for leak in leaks}
    retold = find_retold(store, dataset, questions, arms, engine.retriever.encoder.encode_queries)
    return leaks + [leak for leak in retold if leak.split(" ", 1)[0] not in named]


def _choose_arms(engine: Engine, domain_id: str, params: _Asked) -> tuple[list[ArmSetup], dict[str, str], str]:
    """Return the arms, those left out, and the name of the arm that the domain serves now (added if it is none).

    With releases and without arms only these releases and what is served now are compared.
    """
    active = typed(active_release(engine.store, domain_id))
    base = engine.base_model.id if engine.base_model else None
    asked, chosen = params.releases or [], params.adapters or []
    names = params.arms or (() if asked and not chosen else None)
    adapters = list_models(engine.store, domain_id, "adapter")
    arms, skipped = set_up_arms(names, active.manifest, base, adapters, chosen)
    for key in asked:
        release = typed(get_release(engine.store, key))
        if release.domain_id != domain_id:
            raise NotFoundError(f"There is no release {key[:80]!r} in this domain.", code="release_not_found")
        engine.check_servable(release.manifest)
        if release.id != active.id:
            arms = _with_release(arms, release, release.id)
    arms = _with_release(arms, active, ACTIVE)
    return arms, skipped, next(arm.name for arm in arms if arm.release == active.id)


def _with_release(arms: Sequence[ArmSetup], release: Release[Manifest], name: str) -> list[ArmSetup]:
    """Return the arms with one that stands for this very release: that of its manifest, or one more of this name."""
    for place, arm in enumerate(arms):
        if arm.release == release.id:
            return list(arms)
        if arm.release is None and arm.manifest == release.manifest:
            return [*arms[:place], replace(arm, release=release.id), *arms[place + 1 :]]
    return [*arms, ArmSetup(name, release.manifest, release.id)]


def _run(
    engine: Engine,
    domain_id: str,
    arms: list[ArmSetup],
    releases: dict[str, str],
    questions: list[EvalQuestion],
    progress: Progress,
) -> dict[str, list[Record]]:
    records: dict[str, list[Record]] = {}
    total = len(arms) * len(questions)
    for number, arm in enumerate(arms):
        pinned = Pinned(domain_id, releases[arm.name], arm.manifest)
        answered = 0
        progress.restart()  # a language model takes longer than quoting

        def done(number: int = number, name: str = arm.name) -> None:
            nonlocal answered
            answered += 1
            told = answered * _TOLD // len(questions) > (answered - 1) * _TOLD // len(questions)
            message = f"{name}: {answered} of {len(questions)}" if told else ""
            progress(_ANSWERED * (number * len(questions) + answered) / total, message)

        records[arm.name] = run_arm(arm.name, questions, partial(_answer, engine, pinned), done)
    return records


def _examined(arms: Sequence[ArmSetup], active_arm: str) -> ArmSetup | None:
    """Return the arm whose wrong answers are looked into: what is served now, or the cheapest that shows passages."""
    showing = [arm for arm in arms if SERVED[arm.manifest.generation.arm].passages]
    return next((arm for arm in showing if arm.name == active_arm), showing[0] if showing else None)


@dataclass(frozen=True)
class _Looked:
    """What the causes of wrong answers are found with."""

    asking: Asking
    questions: Sequence[EvalQuestion]
    numbers: Sequence[int]
    settings: EvalSettings


def _look_into(
    arm: str, records: Sequence[Record], looked: _Looked, progress: Progress
) -> tuple[list[Record], Weaknesses]:
    """Return the records of an arm with the causes of the wrong ones, and what these cost together."""
    wrong = looked_into(records, looked.settings.weaknesses)
    progress(_ANSWERED, f"{arm}: looking for the causes of {len(wrong)} wrong answers" if wrong else "")
    causes = find_causes(looked.asking, looked.questions, looked.numbers, wrong, lambda: progress(_ANSWERED))
    found = [record.model_copy(update={"cause": causes.get(record.key)}) for record in records]
    return found, weaknesses_of(arm, records, causes, looked.settings)


def _answer(engine: Engine, pinned: Pinned, question: str) -> Answer:
    return engine.answerer.answer(pinned, Question(question, fall_back=False))


def _describe(dataset: Dataset, split: str, examples: list[Example], questions: list[EvalQuestion]) -> Questions:
    return Questions(
        id=dataset.id, name=dataset.name, split=split, sha256=hash_examples(examples), **count_questions(questions)
    )


def _describe_arm(store: Store, arm: ArmSetup, release: str) -> ArmReport:
    manifest = arm.manifest
    backend, adapter = manifest.generation.backend, manifest.adapter
    if manifest.base_model is None:
        about = backend_of(backend).about
    else:
        base = get_model(store, manifest.base_model)
        learned = f" with {_describe_adapter(store, adapter)}" if adapter else ""
        shown = ", with passages" if SERVED[manifest.generation.arm].passages else ", without passages"
        about = f"the model {Path(base.path).name} ({base.id}){learned}{shown}"
    return ArmReport(release=release, generator=backend, adapter=adapter, base_model=manifest.base_model, about=about)


def _describe_adapter(store: Store, adapter: str) -> str:
    model = get_model(store, adapter)
    day = datetime.fromtimestamp(model.created_at, UTC).date().isoformat()
    source = model.lineage.dataset
    flags = f"; {', '.join(model.flags)}" if model.flags else ""
    examples = f" on {source.examples} examples of {source.id}" if source and source.examples is not None else ""
    return f"the adapter {model.id} (trained {model.lineage.trained}{examples}, {day}{flags})"
