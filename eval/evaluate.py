"""The job `evaluate`: arms of a domain compared on a split of a data set."""

from __future__ import annotations

from functools import partial
from typing import Any

from eval.arms import ArmSetup, set_up_arms
from eval.leaks import find_leaks, question_numbers
from eval.report import build_report
from eval.runner import EvalQuestion, Record, run_arm
from eval.settings import EvaluateSection
from generator.answer import Answer
from generator.answering import Pinned, Question
from generator.engine import Engine
from store.datasets import Dataset, Example, get_dataset, hash_examples, usable_examples
from store.domains import domain_of
from store.errors import InvalidInputError, UnprocessableError
from store.evaluations import save_report
from store.models import list_models
from store.progress import Progress
from store.releases import active_release, create_release
from store.store import Store

PRIMARY_METRICS = ("f1", "em", "recall")
ACTIVE = "active"
_TOLD = 20  # events for each arm, at most


def _no_examples(dataset: Dataset, split: str) -> str:
    """Return that a split is empty, and how to fill it."""
    have = ", ".join(f"{count} in {name}" for name, count in sorted(dataset.splits.items()))
    return (
        f"The split {split!r} of {dataset.name} has no usable example; it has {have or 'none at all'}. A line says its "
        f'split itself: {{"question": "…", "answers": ["…"], "split": "{split}"}}; --split {split} at the import says '
        "it for lines that do not. Keep the questions about one document in one split."
    )


def run_evaluation(section: EvaluateSection, store: Store, progress: Progress) -> dict[str, Any]:
    """Compare the arms, store the report and a release for each arm; return verdict and releases."""
    domain_id, params = progress.job.domain_id, progress.job.params
    split = params.get("split", "test")
    metric = params.get("primary_metric") or "f1"
    if metric not in PRIMARY_METRICS:
        raise InvalidInputError(f"The primary metric is one of {', '.join(PRIMARY_METRICS)}.", param="primary_metric")
    dataset = get_dataset(store, domain_id, params["dataset"])
    examples = usable_examples(store, dataset.id, split)
    if not examples:
        raise UnprocessableError(_no_examples(dataset, split), code="no_examples")
    questions = [EvalQuestion.from_example(example) for example in examples]
    engine = Engine(store, section.retriever, section.generator)
    try:
        arms, skipped, active_arm = _choose_arms(engine, domain_id, params.get("arms"))
        releases = {arm.name: create_release(store, domain_id, arm.manifest).id for arm in arms}
        records = _run(engine, domain_id, arms, releases, questions, progress)
    finally:
        engine.close(checkpoint=False)
    report = build_report(
        records,
        about={
            "domain": domain_of(store, domain_id).name,
            "dataset": _describe(dataset, split, examples),
            "skipped": skipped,
        },
        arms={arm.name: _describe_arm(arm, releases[arm.name]) for arm in arms},
        active_arm=active_arm,
        primary_metric=metric,
        leaks=find_leaks(store, dataset, questions, arms),
        settings=section.eval,
    )
    save_report(store, progress.lease, report, question_numbers(store, questions))
    return {"verdict": report["verdict"], "releases": releases}


def _choose_arms(engine: Engine, domain_id: str, names: list[str] | None) -> tuple[list[ArmSetup], dict[str, str], str]:
    """Return the arms, those left out, and the name of the arm that the domain serves now (added if it is none)."""
    active = active_release(engine.store, domain_id).manifest
    base = engine.base_model.id if engine.base_model else None
    arms, skipped = set_up_arms(names, active, base, list_models(engine.store, domain_id, "adapter"))
    for arm in arms:
        if arm.manifest == active:
            return arms, skipped, arm.name
    return [*arms, ArmSetup(ACTIVE, active)], skipped, ACTIVE


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
            progress((number * len(questions) + answered) / total, message)

        records[arm.name] = run_arm(arm.name, questions, partial(_answer, engine, pinned), done)
    return records


def _answer(engine: Engine, pinned: Pinned, question: str) -> Answer:
    return engine.answerer.answer(pinned, Question(question))


def _describe(dataset: Dataset, split: str, examples: list[Example]) -> dict[str, Any]:
    return {
        "id": dataset.id,
        "name": dataset.name,
        "split": split,
        "questions": len(examples),
        "sha256": hash_examples(examples),
    }


def _describe_arm(arm: ArmSetup, release: str) -> dict[str, Any]:
    manifest = arm.manifest
    return {"release": release, "generator": manifest["generation"]["backend"], "adapter": manifest["adapter"]}
