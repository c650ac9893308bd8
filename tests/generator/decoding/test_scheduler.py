"""Writing many answers at once: who leaves, who comes too late, who has no room, and a model that fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from generator.answer import AbandonedError, never
from generator.decoding.hardware import Threads
from generator.decoding.network import NO_ADAPTER, Adapter, Continuation
from generator.decoding.scheduler import Limits, Request, Scheduler
from generator.failing import BusyError, TooSlowError, WriterError

END = 99


class Counting:
    """A network that continues a sequence with the numbers after its last token, as fast as the test wants."""

    def __init__(self) -> None:
        self.steps: list[list[int]] = []
        self.begun: list[int] = []
        self.seconds = 0.0
        self.failure: Exception | None = None
        self.go_on = threading.Event()
        self.go_on.set()

    def begin(self, adapter: Adapter, room: int) -> int:
        assert adapter is NO_ADAPTER
        self.begun.append(room)
        return len(self.begun)

    def step(self, work: Sequence[Continuation]) -> list[int | None]:
        assert self.go_on.wait(20)
        time.sleep(self.seconds)
        self.steps.append([len(each.tokens) for each in work])
        if self.failure is not None:
            raise self.failure
        return [None if each.tokens[-1] == 13 else each.tokens[-1] + 1 for each in work]


Make = Callable[..., Scheduler]


@pytest.fixture
def network() -> Iterator[Counting]:
    made = Counting()
    yield made
    made.go_on.set()


@pytest.fixture
def make(network: Counting) -> Make:
    def scheduler(rows: int = 3, tokens: int = 1000, step: int = 8, waiting: int = 4) -> Scheduler:
        limits = Limits(rows, tokens, step, waiting)
        return Scheduler(network, frozenset({END}), limits, Threads(1))  # type: ignore[arg-type]

    return scheduler


def _request(
    prompt: Sequence[int], longest: int = 5, seconds: float = 20.0, cancelled: Callable[[], bool] = never
) -> Request:
    return Request(prompt, longest, NO_ADAPTER, time.monotonic() + seconds, cancelled)


def _until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_each_gets_its_own_tokens_and_ends_at_its_own_end(make: Make) -> None:
    scheduler = make()

    with ThreadPoolExecutor(8) as pool:
        asked = [(start, longest) for start in (20, 40, 60, 97) for longest in (1, 4, 7)]
        # At most as many as rows and places to wait, or one would be sent away.
        found = list(pool.map(lambda each: _patiently(scheduler, *each), asked))

    for (start, longest), tokens in zip(asked, found, strict=True):
        assert tokens == [token for token in range(start + 1, start + 1 + longest) if token <= END]


def _patiently(scheduler: Scheduler, start: int, longest: int) -> list[int]:
    while True:
        try:
            return list(scheduler.submit(_request([1, 2, start], longest)))
        except BusyError:
            time.sleep(0.01)


def test_a_long_prompt_is_read_in_pieces_beside_the_tokens_of_others(make: Make, network: Counting) -> None:
    scheduler = make(step=8)
    network.go_on.clear()
    short, long = scheduler.submit(_request([5], 6)), scheduler.submit(_request([*range(20)], 2))
    network.go_on.set()

    assert list(short) == [6, 7, 8, 9, 10, 11]
    assert list(long) == [20, 21]
    assert max(sum(step) for step in network.steps) <= 8 + 1
    assert [1, 8] in network.steps


@pytest.mark.parametrize("tokens", [1, 4])
def test_computing_stops_at_the_step_in_which_somebody_leaves(make: Make, network: Counting, tokens: int) -> None:
    network.seconds = 0.02
    reading = make().submit(_request([100], 1000))
    for _ in range(tokens):
        next(reading)
    reading.close()  # type: ignore[attr-defined]
    steps = len(network.steps)

    time.sleep(0.2)

    assert len(network.steps) <= steps + 1


def test_nothing_is_computed_for_one_who_leaves_while_waiting(make: Make, network: Counting) -> None:
    scheduler, left = make(rows=1), threading.Event()
    network.go_on.clear()
    first = scheduler.submit(_request([5], 2))
    _until(lambda: len(network.begun) == 1)
    second = scheduler.submit(_request([50], 2, cancelled=left.is_set))
    left.set()

    with pytest.raises(AbandonedError):
        next(second)
    network.go_on.set()

    assert list(first) == [6, 7]
    assert len(network.begun) == 1


def test_an_answer_that_comes_too_late_is_given_up_at_its_deadline(make: Make, network: Counting) -> None:
    network.seconds = 0.05
    begun = time.monotonic()
    reading = make().submit(_request([100], 1000, seconds=0.5))

    with pytest.raises(TooSlowError):
        list(reading)

    assert 0.5 <= time.monotonic() - begun < 0.5 + 0.25
    steps = len(network.steps)
    time.sleep(0.15)
    assert len(network.steps) <= steps + 1


def test_no_work_starts_after_its_deadline(make: Make, network: Counting) -> None:
    scheduler = make(rows=1)
    network.go_on.clear()
    first = scheduler.submit(_request([5], 2))
    _until(lambda: len(network.begun) == 1)

    with pytest.raises(TooSlowError):
        next(scheduler.submit(_request([50], 2, seconds=0.1)))
    network.go_on.set()

    assert list(first) == [6, 7]
    assert len(network.begun) == 1


def test_more_than_can_wait_are_told_when_to_come_again(make: Make, network: Counting) -> None:
    scheduler = make(rows=1, waiting=2)
    network.go_on.clear()
    readings = [scheduler.submit(_request([5], 2))]
    _until(lambda: len(network.begun) == 1)
    readings += [scheduler.submit(_request([5], 2)) for _ in range(2)]

    for refused in (scheduler.check_room, lambda: scheduler.submit(_request([5]))):
        with pytest.raises(BusyError, match="2 answers wait") as caught:
            refused()
        assert 1 <= caught.value.retry_after_s <= 60
        assert caught.value.status == 429
    network.go_on.set()

    assert [list(reading) for reading in readings] == [[6, 7]] * 3
    scheduler.check_room()


def test_tokens_in_hand_are_bounded_and_a_larger_answer_comes_alone(make: Make, network: Counting) -> None:
    scheduler = make(rows=3, tokens=20)
    network.go_on.clear()
    sizes = ((10, 2), (10, 2), (50, 3))
    readings = [scheduler.submit(_request([5] * prompt, longest)) for prompt, longest in sizes]
    network.go_on.set()

    assert [list(reading) for reading in readings] == [[6, 7], [6, 7], [6, 7, 8]]
    assert all(len(step) == 1 for step in network.steps)


@pytest.mark.parametrize("failure", [RuntimeError("out of memory"), ValueError("shape"), MemoryError()])
def test_a_model_that_fails_ends_the_answers_in_hand_and_writes_the_next(
    make: Make, network: Counting, failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    scheduler = make()
    network.failure = failure
    with pytest.raises(WriterError, match=type(failure).__name__):
        list(scheduler.submit(_request([5])))
    network.failure = None

    assert list(scheduler.submit(_request([5], 2))) == [6, 7]
    assert "The language model failed" in caplog.text


def test_numbers_that_are_not_finite_end_their_own_answer_only(make: Make, network: Counting) -> None:
    scheduler = make()
    network.go_on.clear()
    bad, good = scheduler.submit(_request([13], 3)), scheduler.submit(_request([20], 3))
    network.go_on.set()

    with pytest.raises(WriterError, match="not finite"):
        list(bad)
    assert list(good) == [21, 22, 23]


def test_the_thread_ends_when_nothing_is_left_and_begins_again(make: Make) -> None:
    scheduler = make()

    def running() -> bool:
        return any(thread.name == "language model" and thread.is_alive() for thread in threading.enumerate())

    for _ in range(2):
        assert list(scheduler.submit(_request([5], 1))) == [6]
        assert running()
        _until(lambda: not running())
