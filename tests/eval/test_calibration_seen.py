"""What a calibration has seen is not measured on, and how well it does is said of samples that it has not seen."""

from __future__ import annotations

import numpy as np
import pytest
from manifests import QUOTING
from writing import asks, put

from eval.arms import ArmSetup
from eval.calibration import Sample, auroc, calibration_questions, estimates, fit, held_out_estimates, seen_in
from eval.leaks import find_leaks
from eval.questions import EvalQuestion
from generator.evidence import DEFAULT_THRESHOLDS, Thresholds, Weights
from store.calibrations import calibrated_on, record_calibration
from store.datasets import Dataset, Example, create_dataset, usable_examples
from store.documents import delete_document
from store.domains import Domain
from store.store import Store

WEIGHTS = DEFAULT_THRESHOLDS.weights.by_name() | {"bias": -1.25, "reading": 0.5}


def _dataset(store: Store, domain: Domain, documents: list[str]) -> Dataset:
    rows = [
        ("dev", "Who rings?", 0),
        ("dev", "Who sings?", 1),
        ("test", "Who brings tea?", 1),
        ("test", "Who runs?", 2),
    ]
    examples = [
        Example(f"{split}-{number}", split, asks(asked, "x"), {documents[place]: 1})
        for number, (split, asked, place) in enumerate(rows)
    ]
    return create_dataset(store, domain.id, "faq", "qa", "human", examples)


def _leaks(store: Store, dataset: Dataset, split: str, weights: dict[str, float]) -> list[str]:
    questions = [EvalQuestion.from_example(each) for each in usable_examples(store, dataset.id, split)]
    thresholds = Thresholds(evidence=0.5, weights=Weights(**weights))
    return find_leaks(
        store, dataset, questions, [ArmSetup("rag", QUOTING.model_copy(update={"thresholds": thresholds}))]
    )


def test_questions_and_documents_that_the_evidence_was_calibrated_on_are_leaks(store: Store, domain: Domain) -> None:
    documents = [put(store, domain.id, name, name).id for name in "abc"]
    dataset = _dataset(store, domain, documents)
    seen = seen_in(store, calibration_questions(store, domain.id, dataset.id))
    record_calibration(store, domain.id, WEIGHTS, seen, {"dataset": "faq"})

    assert _leaks(store, dataset, "dev", WEIGHTS) == [
        "dev-0 is one of the questions that the evidence was calibrated on",
        "dev-1 is one of the questions that the evidence was calibrated on",
    ]
    assert _leaks(store, dataset, "test", WEIGHTS) == [
        f"test-2 is about {documents[1]}, which the evidence was calibrated on"
    ]
    assert _leaks(store, dataset, "dev", {**WEIGHTS, "bias": 0.0}) == []  # weights that come from elsewhere


def test_what_was_seen_is_known_though_its_document_is_gone(store: Store, domain: Domain) -> None:
    documents = [put(store, domain.id, name, name).id for name in "abc"]
    seen = seen_in(store, calibration_questions(store, domain.id, _dataset(store, domain, documents).id))
    record_calibration(store, domain.id, WEIGHTS, seen, {})

    delete_document(store, domain.id, documents[0])

    assert calibrated_on(store, domain.id, WEIGHTS) == seen


def test_samples_are_judged_by_a_fit_that_saw_none_of_their_document() -> None:
    chance = np.random.default_rng(0)
    names = [f"feature {number}" for number in range(12)]
    start = {"bias": 0.0, **dict.fromkeys(names, 0.0)}
    noise = [
        Sample(
            {name: float(chance.normal()) for name in names}, answerable=bool(number % 2), cluster=f"doc_{number // 2}"
        )
        for number in range(40)
    ]
    labels = np.array([sample.answerable for sample in noise])

    in_sample = auroc(estimates(noise, fit({"all": noise}, start)), labels)
    held_out = auroc(held_out_estimates(noise, start), labels)

    assert in_sample > 0.75  # noise, learned by heart
    assert held_out == pytest.approx(0.5, abs=0.2)
