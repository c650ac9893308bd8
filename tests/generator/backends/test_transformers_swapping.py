"""Adapters of every kind come and go while answers are written: none is ever written with another's weights."""

from __future__ import annotations

import random
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from generator.answer import Task, draft_of
from generator.backends.transformers import CausalGenerator
from generator.prompt import load_prompt
from generator.settings import GeneratorSettings

KINDS = (None, "one", "two", "dora", "prefix", "ptuning")
QUESTIONS = ("When does the office open?", "年假有多少天？")
WRITERS = 6
COUNTS = [60, pytest.param(1000, marks=pytest.mark.nightly)]


def _task(adapter: str | None, question: str) -> Task:
    return Task(question, None, load_prompt(), adapter, 10)


def _open(tiny_model: Path, folder: Path, kept: int) -> CausalGenerator:
    settings = GeneratorSettings(threads=1, max_adapters=kept, batch=4)
    return CausalGenerator(tiny_model, settings, lambda name: folder / name)


@pytest.fixture(scope="module")
def alone(tiny_model: Path, every_kind: Path) -> dict[tuple[str | None, str], str]:
    """What each adapter writes, one answer after the other."""
    generator = _open(tiny_model, every_kind, len(KINDS))
    return {(kind, each): draft_of(generator.write(_task(kind, each))).text for kind in KINDS for each in QUESTIONS}


@pytest.mark.parametrize("count", COUNTS)
def test_no_answer_is_mixed_while_adapters_are_loaded_and_dropped(
    tiny_model: Path, every_kind: Path, alone: dict[tuple[str | None, str], str], count: int
) -> None:
    assert len(set(alone.values())) == len(alone)
    generator, draw = _open(tiny_model, every_kind, kept=2), random.Random(1)
    asked = [(draw.choice(KINDS), draw.choice(QUESTIONS)) for _ in range(count)]

    with ThreadPoolExecutor(WRITERS) as pool:
        written = list(pool.map(lambda each: draft_of(generator.write(_task(*each))).text, asked))

    assert [each for each, text in zip(asked, written, strict=True) if text != alone[each]] == []


def test_an_answer_ends_with_the_adapter_that_it_began_with(
    tiny_model: Path, every_kind: Path, alone: dict[tuple[str | None, str], str]
) -> None:
    generator = _open(tiny_model, every_kind, kept=1)
    begun = generator.write(_task("one", QUESTIONS[0]))
    first = next(begun)
    for kind in ("two", "prefix"):  # which drop it
        assert draft_of(generator.write(_task(kind, QUESTIONS[0]))).text == alone[kind, QUESTIONS[0]]

    assert first.text + draft_of(begun).text == alone["one", QUESTIONS[0]]


def test_new_weights_have_a_new_id_and_are_never_taken_for_the_old_ones(
    tiny_model: Path, every_kind: Path, alone: dict[tuple[str | None, str], str], tmp_path: Path
) -> None:
    shutil.copytree(every_kind / "one", tmp_path / "mdl_old")
    generator = _open(tiny_model, tmp_path, kept=2)
    old = draft_of(generator.write(_task("mdl_old", QUESTIONS[0]))).text
    shutil.copytree(every_kind / "two", tmp_path / "mdl_new")

    new = draft_of(generator.write(_task("mdl_new", QUESTIONS[0]))).text

    assert (old, new) == (alone["one", QUESTIONS[0]], alone["two", QUESTIONS[0]])


@pytest.mark.parametrize("count", [20, pytest.param(1000, marks=pytest.mark.nightly)])
def test_those_who_leave_leave_nothing_behind(
    tiny_model: Path, every_kind: Path, alone: dict[tuple[str | None, str], str], count: int
) -> None:
    generator = _open(tiny_model, every_kind, kept=2)
    threads = threading.active_count()

    for number in range(count):
        leaving = generator.write(_task(KINDS[number % len(KINDS)], QUESTIONS[number % 2]))
        if number % 3:
            next(leaving)
        leaving.close()  # type: ignore[attr-defined]

    kind, question = "two", QUESTIONS[1]
    assert draft_of(generator.write(_task(kind, question))).text == alone[kind, question]
    assert threading.active_count() <= threads + 1
    assert not generator._scheduler._rows
    assert not generator._scheduler._waiting
