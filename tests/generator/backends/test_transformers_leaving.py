"""The causal generator and clients that leave: computing stops, and the others do not notice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generator.answer import AbandonedError, Piece, Task, draft_of
from generator.backends.transformers import CausalGenerator
from generator.failing import TooSlowError
from generator.prompt import load_prompt
from generator.settings import GeneratorSettings


def _open(tiny_model: Path, adapters: Path, **settings: Any) -> CausalGenerator:
    return CausalGenerator(tiny_model, GeneratorSettings(threads=1, **settings), lambda adapter: adapters / adapter)


@pytest.fixture(scope="module")
def generator(tiny_model: Path, adapters: Path) -> CausalGenerator:
    return _open(tiny_model, adapters)


def _task(**options: Any) -> Task:
    return Task("When does the office open?", None, load_prompt(), None, options.pop("tokens", 8), **options)


def test_writing_stops_once_nobody_waits(generator: CausalGenerator) -> None:
    written: list[Piece] = []
    pieces = generator.write(_task(tokens=200, cancelled=lambda: len(written) > 2))

    with pytest.raises(AbandonedError):
        written.extend(pieces)

    assert len(written) < 10
    assert draft_of(generator.write(_task())).text  # the next one gets its turn


def test_others_write_on_when_one_leaves(generator: CausalGenerator) -> None:
    whole = draft_of(generator.write(_task(tokens=30)))

    leaving, staying = generator.write(_task(tokens=30)), generator.write(_task(tokens=30))
    next(leaving)
    first = next(staying)
    leaving.close()  # type: ignore[attr-defined]

    assert first.text + draft_of(staying).text == whole.text


def test_an_answer_has_so_many_seconds(tiny_model: Path, adapters: Path) -> None:
    generator = _open(tiny_model, adapters, answer_s=1e-6)

    with pytest.raises(TooSlowError):
        draft_of(generator.write(_task()))
