"""The causal generator and clients that leave: the model is free for the next one at once."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from generator.answer import AbandonedError, Task, draft_of
from generator.backends.transformers import CausalGenerator
from generator.prompt import load_prompt
from generator.settings import GeneratorSettings


@pytest.fixture
def generator(tiny_model: Path, adapters: Path) -> CausalGenerator:
    return CausalGenerator(tiny_model, GeneratorSettings(threads=1), lambda adapter: adapters / adapter)


def _task(**options: Any) -> Task:
    return Task("When does the office open?", None, load_prompt(), None, options.pop("tokens", 8), **options)


def test_writing_stops_at_the_next_token_once_nobody_waits(generator: CausalGenerator) -> None:
    looks = []

    def cancelled() -> bool:
        looks.append(None)
        return len(looks) > 4

    with pytest.raises(AbandonedError):
        draft_of(generator.write(_task(tokens=200, cancelled=cancelled)))

    assert len(looks) < 10
    assert (
        draft_of(generator.write(_task())).text == draft_of(generator.write(_task())).text
    )  # the next one gets its turn


def test_who_waits_for_a_turn_may_leave(generator: CausalGenerator) -> None:
    free = threading.Event()
    generator._writer.submit(free.wait)  # another continuation, which takes long
    left: list[bool] = []
    waiting = threading.Timer(0.3, left.append, [True])
    waiting.start()

    with pytest.raises(AbandonedError):
        draft_of(generator.write(_task(cancelled=lambda: bool(left))))

    assert not free.is_set()
    free.set()
    assert draft_of(generator.write(_task())).text  # the next one gets its turn
