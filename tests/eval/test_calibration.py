"""Calibration of the evidence: a logistic worked on samples whose answer is known."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fakes import HashEncoder, WordReader
from writing import asks

from eval.calibration import (
    Calibration,
    Sample,
    auroc,
    calibrate,
    calibration_questions,
    estimates,
    fit,
    fit_dense_weight,
    samples,
)
from eval.questions import EvalQuestion
from generator.answering import Pinned
from generator.engine import Engine
from generator.manifest import changed_manifest
from generator.settings import GeneratorSettings
from retriever.models.encoder import Encoder
from retriever.models.span_reader import OpenVinoReader
from retriever.search.search import Request
from retriever.settings import RetrieverSettings
from store.datasets import Example, create_dataset
from store.domains import Domain, get_domain
from store.errors import UnprocessableError
from store.json_values import Json
from store.store import Store

_START = {"bias": 0.0, "reading": 0.0, "coverage": 0.0, "cosine": 0.0}
_ROOMS = ["Birch", "Cedar", "Elm", "Hazel", "Juniper", "Larch", "Maple", "Oak", "Pine", "Rowan", "Spruce", "Willow"]


def _sample(reading: float, *, answerable: bool) -> Sample:
    return Sample({"reading": reading, "coverage": 0.5, "cosine": 0.5}, answerable)


def test_auroc_is_the_share_of_pairs_in_order_ties_half() -> None:
    scores, labels = np.array([0.9, 0.4, 0.4, 0.1]), np.array([True, True, False, False])

    assert auroc(scores, labels) == pytest.approx((2 + 1.5) / 4)


def test_the_fit_finds_what_tells_the_samples_apart() -> None:
    group = [_sample(float(x), answerable=bool(x > 2)) for x in np.linspace(-6, 10, 81)]

    weights = fit({"one": group}, _START)

    assert weights["reading"] > 0.5
    scores, labels = estimates(group, weights), np.array([sample.answerable for sample in group])
    assert auroc(scores, labels) == 1.0
    assert ((scores > 0.5) == labels).mean() > 0.9


def test_every_group_counts_the_same_however_large_it_is() -> None:
    small = [_sample(x, answerable=x > 0) for x in (-1.0, 1.0)]
    large = [_sample(x, answerable=x < 0) for x in (-1.0, 1.0)] * 50

    assert fit({"small": small, "large": large}, _START)["reading"] == pytest.approx(0.0, abs=1e-3)


def test_samples_that_say_nothing_leave_the_start_as_it_is() -> None:
    group = [_sample(1.0, answerable=True), _sample(1.0, answerable=False)]

    assert fit({"one": group}, _START) == pytest.approx(_START, abs=1e-3)


def test_weights_of_what_never_varies_stay_at_the_start_and_few_samples_move_little() -> None:
    start = {"bias": -1.0, "reading": 0.3, "coverage": 2.0, "cosine": 1.5}
    group = [Sample({"reading": x, "coverage": 0.0, "cosine": 0.0}, answerable=x > 0) for x in (-3.0, -1.0, 1.0, 3.0)]

    weights = fit({"one": group}, start)
    held = fit({"one": group}, start, prior=1e6)

    assert (weights["coverage"], weights["cosine"]) == (2.0, 1.5)
    assert weights["reading"] > start["reading"]
    assert held == pytest.approx(start, abs=1e-3)


def test_a_kind_with_few_samples_weighs_as_much_as_the_other() -> None:
    few = [_sample(2.0, answerable=True), _sample(0.0, answerable=False)]
    many = [_sample(2.0, answerable=True), *[_sample(0.0, answerable=False)] * 30]

    assert fit({"one": many}, _START) == pytest.approx(fit({"one": few}, _START), abs=1e-3)


@pytest.mark.parametrize(
    ("scores", "labels", "expected"),
    [
        ([0.2, 0.8], [False, True], 1.0),
        ([0.8, 0.2], [False, True], 0.0),
        ([0.5, 0.5, 0.5], [False, True, True], 0.5),
        ([0.1, 0.4, 0.35, 0.8], [False, False, True, True], 0.75),
    ],
)
def test_auroc_worked_by_hand(scores: list[float], labels: list[bool], expected: float) -> None:
    assert auroc(np.array(scores), np.array(labels)) == pytest.approx(expected)


def test_an_estimate_is_that_of_answering() -> None:
    weights = {"bias": -1.0, "reading": 0.5, "coverage": 2.0, "cosine": -1.0}

    (found,) = estimates([_sample(3.0, answerable=True)], weights)

    assert found == pytest.approx(1 / (1 + np.exp(-(-1.0 + 0.5 * 3.0 + 2.0 * 0.5 - 1.0 * 0.5))))


@pytest.fixture(scope="module")
def rooms(
    tmp_path_factory: pytest.TempPathFactory,
    empty_home: Path,
    retriever_settings: RetrieverSettings,
    minilm: Encoder,
    reader: OpenVinoReader,
) -> Iterator[Engine]:
    """A domain in which twelve rooms have a capacity each, the same for all tests."""
    store = Store.open(Path(shutil.copytree(empty_home, tmp_path_factory.mktemp("rooms") / "home")))
    opened = Engine(store, retriever_settings, GeneratorSettings(), minilm, reader)
    opened.create_domain("rooms")
    for number, room in enumerate(_ROOMS):
        opened.add("rooms", f"{room}.txt", f"The meeting room {room} seats {30 + number} people. It has a window.")
    opened.add("rooms", "lunch.txt", "Lunch is served in the canteen between noon and two. Dogs may not come in.")
    yield opened
    opened.close()
    store.close()


def _questions(rooms: list[str]) -> list[EvalQuestion]:
    return [
        EvalQuestion(room, f"How many people does the room {room} seat?", [str(30 + _ROOMS.index(room))], [], "en")
        for room in rooms
    ]


def test_each_question_is_put_with_and_without_the_documents_that_answer_it(rooms: Engine) -> None:
    pinned = rooms.pin("rooms")
    without = EvalQuestion("none", "Who built the pier?", [], [], "en")

    found = list(samples(rooms, pinned, [*_questions(["Elm"]), without]))

    assert [sample.answerable for sample in found] == [True, False]
    assert found[0].measured.keys() == found[1].measured.keys()
    assert found[0].measured["coverage"] > found[1].measured["coverage"]  # the name of the room is gone


def test_a_document_that_a_question_names_is_taken_away_though_its_text_does_not_hold_the_answer(
    rooms: Engine,
) -> None:
    pinned = rooms.pin("rooms")
    hits = rooms.search("rooms", Request("How many people does the room Elm seat?", 30)).hits
    everything = sorted({hit.passage.document_id for hit in hits})
    question = EvalQuestion("elm", "How many people does the room Elm seat?", ["32"], everything, "en")

    assert [sample.answerable for sample in samples(rooms, pinned, [question])] == [True]


@pytest.fixture(scope="module")
def steps() -> list[None]:
    """What a calibration told of how far it is."""
    return []


@pytest.fixture(scope="module")
def calibrated(rooms: Engine, steps: list[None]) -> Calibration:
    """The thresholds of that domain."""
    return calibrate(rooms, rooms.pin("rooms"), _questions(_ROOMS), lambda: steps.append(None))


def test_the_same_questions_give_the_same_thresholds(rooms: Engine, calibrated: Calibration) -> None:
    pinned = rooms.pin("rooms")

    assert calibrate(rooms, pinned, _questions(_ROOMS)) == calibrated


def test_thresholds_are_fitted_to_the_domain(rooms: Engine, calibrated: Calibration, steps: list[None]) -> None:
    pinned, found = rooms.pin("rooms"), calibrated

    assert found.samples == len(steps) == 24
    assert found.auroc > 0.5
    assert found.thresholds.evidence == pinned.manifest.thresholds.evidence
    assert found.thresholds.weights != pinned.manifest.thresholds.weights


def test_too_few_questions_are_refused_with_what_is_missing(rooms: Engine) -> None:
    pinned = rooms.pin("rooms")

    with pytest.raises(UnprocessableError, match="needs 10 answerable") as caught:
        calibrate(rooms, pinned, _questions(_ROOMS[:3]))

    assert caught.value.code == "too_few_examples"
    assert "gives 3 and 3" in caught.value.message


def test_without_questions_or_documents_the_refusal_counts_none(rooms: Engine) -> None:
    empty = rooms.create_domain("empty")

    for domain, questions in ((get_domain(rooms.store, "rooms"), []), (empty, _questions(_ROOMS))):
        with pytest.raises(UnprocessableError, match="gives 0 and 0"):
            calibrate(rooms, rooms.pin(domain.name), questions)


@pytest.mark.parametrize(
    ("splits", "expected"), [(("train", "dev", "test"), ["dev"]), (("train", "test"), ["train"]), (("test",), [])]
)
def test_questions_come_from_dev_or_else_train_and_never_from_test(
    store: Store, domain: Domain, splits: tuple[str, ...], expected: list[str]
) -> None:
    examples = [Example(split, split, asks(f"{split}?", "x"), {}) for split in splits]
    dataset = create_dataset(store, domain.id, "faq", "qa", "human", examples)

    assert [question.key for question in calibration_questions(store, domain.id, dataset.id)] == expected


@pytest.fixture
def noisy(store: Store) -> Iterator[tuple[Engine, list[EvalQuestion]]]:
    """An engine whose vectors mean nothing, with a document for each of twelve rooms and a question about each."""
    engine = Engine(store, RetrieverSettings(), GeneratorSettings(), HashEncoder(), WordReader())
    engine.create_domain("rooms")
    questions = []
    for number, room in enumerate(_ROOMS):
        document = engine.add("rooms", f"{room}.txt", f"The room {room} has {number + 3} seats and a window.")
        asked = f"How many seats has {room}?"
        questions.append(EvalQuestion(room, asked, [str(number + 3)], [document.id], "en"))
    yield engine, questions
    engine.close()


def _pinned(engine: Engine, **retrieval: Json) -> Pinned:
    changed = changed_manifest(engine.default_manifest(), {"retrieval": retrieval})
    return Pinned(get_domain(engine.store, "rooms").id, "rel_test", changed)


def test_vectors_that_mislead_lose_weight(noisy: tuple[Engine, list[EvalQuestion]]) -> None:
    engine, questions = noisy

    assert fit_dense_weight(engine, _pinned(engine, dense_weight=1.0), questions) < 1.0


def test_a_weight_that_is_as_good_as_any_stays(noisy: tuple[Engine, list[EvalQuestion]]) -> None:
    engine, questions = noisy

    assert fit_dense_weight(engine, _pinned(engine, dense_weight=0.05), questions) == 0.05


@pytest.mark.parametrize("retrieval", [{"mode": "lexical"}, {"fusion": "ranks"}])
def test_a_release_that_does_not_fuse_scores_keeps_its_weight(
    noisy: tuple[Engine, list[EvalQuestion]], retrieval: dict[str, str]
) -> None:
    engine, questions = noisy

    assert fit_dense_weight(engine, _pinned(engine, dense_weight=1.0, **retrieval), questions) == 1.0


def test_questions_that_name_no_document_move_no_weight(noisy: tuple[Engine, list[EvalQuestion]]) -> None:
    engine, questions = noisy
    bare = [EvalQuestion(each.key, each.question, each.answers, [], "en") for each in questions]

    assert fit_dense_weight(engine, _pinned(engine, dense_weight=1.0), bare) == 1.0
