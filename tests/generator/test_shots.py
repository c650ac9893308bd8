"""Shots: which examples are shown before a question, from where, and which never are."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from handbook import LEAVE, pin

from generator.engine import Engine
from generator.manifest import Manifest, ShotsPart
from generator.shots import ShotBank, delete_bank, with_dataset
from retriever.search.filters import Comparison
from store.datasets import has_dataset
from store.errors import ConflictError, InvalidInputError, NotFoundError
from tuner.data.importing import import_examples

OFFICE = "The office opens at nine and closes at five. The canteen serves soup at noon."
EXAMPLES = (
    ("leave", "How many days of leave do employees have?", ["25 days"], "leave.txt", "train"),
    ("open", "When does the office open?", ["nine"], "office.txt", "train"),
    ("soup", "What does the canteen serve at noon?", ["soup"], "office.txt", "train"),
    ("nothing", "Who is the director?", [], None, "train"),
    ("wrong", "When does the canteen close?", ["a quarter past eleven"], "office.txt", "train"),
    ("kept", "When does the office close?", ["five"], "office.txt", "test"),
)
Banked = Callable[..., list[str]]


@pytest.fixture
def banked(engine: Engine) -> Banked:
    """Return the names of the shots before a question, from a data set with questions of both splits."""
    engine.add("handbook", "leave.txt", LEAVE)
    engine.add("handbook", "office.txt", OFFICE)
    lines = [
        json.dumps({"id": key, "question": asked, "answers": answers, "documents": [of] if of else [], "split": split})
        for key, asked, answers, of, split in EXAMPLES
    ]
    domain = engine.domain("handbook")
    dataset = import_examples(engine.store, domain.id, "bank", "\n".join(lines).encode())
    bank = ShotBank(engine.store, engine.retriever)

    def shots(question: str, filters: Comparison | None = None, **changes: object) -> list[str]:
        part = ShotsPart.model_validate({"count": 8, "dataset": dataset.id, **changes})
        manifest = engine.pin("handbook").manifest.model_copy(update={"shots": part})
        return [shot.name for shot in bank.shots(domain.id, manifest, question, filters)]

    return shots


@pytest.mark.parametrize("choice", ["nearest", "fixed"])
def test_shots_come_from_the_train_split_and_hold_their_answers(banked: Banked, choice: str) -> None:
    assert sorted(banked("When is the pier repaired?", choice=choice)) == ["leave", "open", "soup"]


def test_the_nearest_shot_stands_next_to_the_question(banked: Banked, engine: Engine) -> None:
    question = "When is the pier repaired?"
    answered = {key: asked for key, asked, _, _, _ in EXAMPLES if key in {"leave", "open", "soup"}}
    encoder = engine.retriever.encoder
    cosines = encoder.encode_queries(list(answered.values())) @ encoder.encode_queries([question])[0]
    by_cosine = [key for _, key in sorted(zip(cosines, answered, strict=True))]

    assert banked(question) == by_cosine


def test_fixed_shots_are_the_same_whatever_is_asked(banked: Banked) -> None:
    first = banked("When does the office open on Fridays?", count=2, choice="fixed")

    assert len(first) == 2
    assert banked("Where is the pier?", count=2, choice="fixed") == first


def test_the_question_itself_is_never_a_shot(banked: Banked) -> None:
    assert "open" not in banked("When does the OFFICE open?")


def test_what_a_request_may_not_see_is_not_shown_either(banked: Banked) -> None:
    only = Comparison(type="eq", key="external_id", value="leave.txt")

    assert banked("When is the pier repaired?", only) == ["leave"]


def test_without_a_number_or_a_data_set_there_are_none(banked: Banked) -> None:
    assert banked("When?", count=0) == banked("When?", dataset=None) == banked("When?", dataset="ds_gone") == []


def test_a_release_names_the_data_set_of_its_shots_by_id(engine: Engine, banked: Banked) -> None:
    del banked
    domain = engine.domain("handbook")
    manifest = engine.pin("handbook").manifest

    def named(**shots: object) -> Manifest:
        changed = manifest.model_copy(update={"shots": ShotsPart.model_validate(shots)})
        return with_dataset(engine.store, domain.id, changed)

    assert (named(count=2, dataset="bank").shots.dataset or "").startswith("ds_")
    assert named().shots == ShotsPart()
    with pytest.raises(InvalidInputError, match=r"shots\.dataset=NAME"):
        named(count=2)
    with pytest.raises(NotFoundError):
        named(count=2, dataset="other")


def test_a_data_set_whose_examples_the_active_release_shows_cannot_be_deleted(engine: Engine, banked: Banked) -> None:
    del banked
    domain = engine.domain("handbook")
    without = engine.pin("handbook").manifest
    shown = with_dataset(
        engine.store, domain.id, without.model_copy(update={"shots": ShotsPart(count=2, dataset="bank")})
    )
    pinned = pin(engine, shots={"count": 2, "dataset": shown.shots.dataset})

    with pytest.raises(ConflictError, match=pinned.release) as caught:
        delete_bank(engine.store, domain.id, "bank")
    assert caught.value.code == "dataset_in_use"
    engine.check_servable(pinned.manifest)

    pin(engine, **{"shots.count": 0})
    assert not has_dataset(engine.store, delete_bank(engine.store, domain.id, "bank").id)
    with pytest.raises(ConflictError, match=f"{shown.shots.dataset}, which was deleted"):
        engine.check_servable(pinned.manifest)
