"""Loading a backend that takes long: one request loads it, and nobody else is held up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from handbook import ASKED, pin

from generator.answer import Answer, Ending, Generator, Piece, Task
from generator.answering import Pinned, Question
from generator.backends import table
from generator.backends.table import Backend, Parts
from generator.engine import Engine
from generator.loading import LoadingError
from retriever.search.search import Request
from store.errors import ConflictError

DEADLINE_S = 20


class Slow:
    """A backend whose loading takes as long as the test wants."""

    name = "slow"

    def __init__(self) -> None:
        self.begun, self.ready = threading.Event(), threading.Event()
        self.loads = 0
        self.fails = False

    def load(self, parts: Parts) -> Generator:
        del parts
        self.loads += 1
        self.begun.set()
        assert self.ready.wait(DEADLINE_S)
        if self.fails:
            raise ConflictError("It does not fit into the memory.", code="unusable_base_model")
        return self

    def write(self, task: Task) -> Iterator[Piece]:
        assert task.hits
        yield Piece("Employees receive 25 days ")
        yield Piece("of annual leave. [1]", Ending())


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    """A slow backend in the place of `transformers`."""
    made = Slow()
    row = Backend("transformers", made.load, needs_base=False, without_passages=True, about="slow")
    monkeypatch.setattr(table, "BACKENDS", {**table.BACKENDS, "transformers": row})
    yield made
    made.ready.set()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as opened:
        yield opened


def written(engine: Engine) -> Pinned:
    """Return a release that the slow backend writes for."""
    pinned = pin(engine, thresholds={"evidence": 0.0})
    generation = pinned.manifest.generation.model_copy(update={"backend": "transformers"})
    return Pinned(pinned.domain_id, pinned.release, pinned.manifest.model_copy(update={"generation": generation}))


def ask(pool: ThreadPoolExecutor, engine: Engine, pinned: Pinned) -> Future[Answer]:
    return pool.submit(engine.answerer.answer, pinned, Question(ASKED))


def test_while_a_backend_loads_everything_that_does_not_need_it_goes_on(
    filled: Engine, slow: Slow, pool: ThreadPoolExecutor
) -> None:
    pinned = written(filled)
    waiting = ask(pool, filled, pinned)
    assert slow.begun.wait(DEADLINE_S)

    quoted = pool.submit(filled.ask, "handbook", ASKED).result(DEADLINE_S)
    found = pool.submit(filled.search, "handbook", Request("leave")).result(DEADLINE_S)
    pool.submit(filled.check_servable, pinned.manifest).result(DEADLINE_S)
    pool.submit(filled.add, "handbook", "new.txt", "The canteen opens at noon.").result(DEADLINE_S)

    assert (quoted.generator, quoted.abstained, len(found.hits)) == ("extractive", False, 2)
    assert not waiting.done()
    slow.ready.set()
    assert waiting.result(DEADLINE_S).answer.startswith("Employees receive 25 days of annual leave.")


def test_a_backend_is_loaded_once_for_all_who_wait(filled: Engine, slow: Slow, pool: ThreadPoolExecutor) -> None:
    pinned = written(filled)
    waiting = [ask(pool, filled, pinned) for _ in range(4)]
    assert slow.begun.wait(DEADLINE_S)
    slow.ready.set()

    assert {each.result(DEADLINE_S).generator for each in waiting} == {"slow"}
    assert slow.loads == 1


def test_who_does_not_wait_for_the_loading_is_told_to_come_again(
    filled: Engine, slow: Slow, pool: ThreadPoolExecutor
) -> None:
    pinned = written(filled)
    waiting = ask(pool, filled, pinned)
    assert slow.begun.wait(DEADLINE_S)

    with pytest.raises(LoadingError) as caught:
        filled.answerer.answer(pinned, Question(ASKED, wait_s=0))

    assert (caught.value.status, caught.value.code) == (503, "model_loading")
    slow.ready.set()
    waiting.result(DEADLINE_S)
    assert filled.answerer.answer(pinned, Question(ASKED, wait_s=0)).generator == "slow"


def test_a_backend_that_could_not_be_loaded_says_why_and_what_to_do(filled: Engine, slow: Slow) -> None:
    slow.fails = True
    slow.ready.set()

    with pytest.raises(ConflictError, match=r"does not fit into the memory\. Ways out: "):
        filled.answerer.answer(written(filled), Question(ASKED))
