"""Continuous batching: every step of the model writes the next token of all answers that are in hand.

An answer joins when there is room, its prompt in pieces beside the tokens of the others, and leaves at the step in
which it ends, or in which nobody wants it any more. One thread runs the model; it ends when nothing is left to write.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from generator.answer import AbandonedError
from generator.decoding.hardware import Threads
from generator.decoding.network import Adapter, Continuation, Network, Written
from generator.failing import BusyError, TooSlowError, WriterError
from store.errors import TandemError

_LOG = logging.getLogger("tandem")
_LOOK_S = 0.1  # how often who waits for the next token looks whether the answer is still wanted
_LINGER_S = 0.25  # how long the thread waits for more work before it ends
_LONGEST_RETRY_S = 60


@dataclass
class Request:
    """An answer to write: the prompt, the tokens it may have, its adapter, and until when it is wanted.

    `deadline` is a reading of the monotonic clock. Tokens are handed over through `written`, then None or a failure.
    """

    prompt: Sequence[int]
    longest: int
    adapter: Adapter
    deadline: float
    cancelled: Callable[[], bool]
    left: threading.Event = field(default_factory=threading.Event)
    written: SimpleQueue[int | TandemError | None] = field(default_factory=SimpleQueue)

    @property
    def size(self) -> int:
        """How many tokens it may come to."""
        return self.adapter.length + len(self.prompt) + self.longest

    def unwanted(self) -> bool:
        """Return whether nobody waits for the next token."""
        return self.left.is_set() or self.cancelled() or time.monotonic() > self.deadline

    def tokens(self) -> Iterator[int]:
        """Yield the tokens as they are written; raise what prevents more.

        That is `AbandonedError` once nobody wants them, and `TooSlowError` at the deadline.
        """
        try:
            while True:
                if self.cancelled():
                    raise AbandonedError("Nobody waits for the answer any more.")
                if time.monotonic() > self.deadline:
                    raise TooSlowError("The language model did not finish this answer before its deadline.")
                try:
                    token = self.written.get(timeout=_LOOK_S)
                except Empty:
                    continue
                if token is None:
                    return
                if isinstance(token, TandemError):
                    raise token
                yield token
        finally:
            self.left.set()


@dataclass
class _Row:
    """An answer in hand: what of its prompt the model has not seen, or the token it wrote last."""

    request: Request
    sequence: Written
    waiting: list[int]
    count: int = 0
    since: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class Limits:
    """How much is in hand at a time: rows, their tokens, prompt tokens of a step, and how many may wait beside them."""

    rows: int
    tokens: int
    step: int
    waiting: int


class Scheduler:
    """Writes for many threads at once. `ends` are the tokens that end a text."""

    def __init__(self, network: Network, ends: frozenset[int], limits: Limits, threads: Threads) -> None:
        self._network = network
        self._ends = ends
        self._limits = limits
        self._threads = threads
        self._waiting: deque[Request] = deque()
        self._rows: list[_Row] = []  # of the model's thread
        self._changed = threading.Condition()
        self._running = False
        self._lasting_s = 1.0  # of an answer, on average

    def check_room(self) -> None:
        """Raise `BusyError` if no more answers may wait."""
        with self._changed:
            self._drop_unwanted()
            waiting = len(self._waiting)
        if waiting >= self._limits.waiting:
            message = f"{waiting} answers wait for the language model (generator.waiting). Try again."
            seconds = math.ceil(waiting / self._limits.rows * self._lasting_s)
            raise BusyError(message, min(_LONGEST_RETRY_S, max(1, seconds)))

    def submit(self, request: Request) -> Iterator[int]:
        """Return the tokens of an answer, as they are written. Raises `BusyError` if no more answers may wait."""
        self.check_room()
        with self._changed:
            self._waiting.append(request)
            self._changed.notify()
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="language model").start()
        return request.tokens()

    def _drop_unwanted(self) -> None:
        """Take from the queue what nobody waits for: nothing of it is computed."""
        self._waiting = deque(request for request in self._waiting if not request.unwanted())

    def _run(self) -> None:
        done = False
        try:
            while self._wait_for_work():
                self._work()
            done = True
        finally:
            if not done:  # by what nobody foresaw: the next answer begins another thread
                self._running = False

    def _work(self) -> None:
        import torch

        threads = self._threads.look()
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        self._take_up()
        try:
            self._step()
        except _FAILURES as error:
            _LOG.exception("The language model failed")
            for row in list(self._rows):
                self._end(row, WriterError(f"The language model failed: {_said(error)}"))

    def _wait_for_work(self) -> bool:
        """Return whether there is any; False ends the thread."""
        with self._changed:
            self._rows = [row for row in self._rows if not row.request.unwanted()]
            self._drop_unwanted()
            if not self._rows and not self._waiting:
                self._changed.wait(_LINGER_S)
            self._running = bool(self._rows or self._waiting)
            return self._running

    def _take_up(self) -> None:
        """Begin what waits, in the order of coming, as far as there is room."""
        used = sum(row.request.size for row in self._rows)
        while len(self._rows) < self._limits.rows:
            with self._changed:
                fits = self._waiting and (not self._rows or used + self._waiting[0].size <= self._limits.tokens)
                if not fits:
                    return
                request = self._waiting.popleft()
            if request.unwanted():
                continue
            used += request.size
            try:
                sequence = self._network.begin(request.adapter, len(request.prompt) + request.longest)
                self._rows.append(_Row(request, sequence, list(request.prompt)))
            except _FAILURES as error:
                request.written.put(WriterError(f"The language model failed on this adapter: {_said(error)}"))

    def _step(self) -> None:
        """Let the model write the next token of each answer, or read more of its prompt."""
        left, work = self._limits.step, []
        for row in self._rows:
            size = 1 if row.count else min(left, len(row.waiting))
            left -= 0 if row.count else size
            if size:
                work.append((row, row.waiting[:size]))
        if not work:
            return
        found = self._network.step([Continuation(row.sequence, tokens) for row, tokens in work])
        for (row, tokens), token in zip(work, found, strict=True):
            row.waiting = row.waiting[len(tokens) :]
            if row.waiting:
                continue  # the rest of its prompt comes with the next steps
            if token is None:
                self._end(row, WriterError("The language model computed numbers that are not finite."))
                continue
            row.waiting, row.count = [token], row.count + 1
            row.request.written.put(token)
            if token in self._ends or row.count >= row.request.longest:
                self._end(row, None)

    def _end(self, row: _Row, failure: WriterError | None) -> None:
        self._rows.remove(row)
        row.request.written.put(failure)
        self._lasting_s += 0.2 * (time.monotonic() - row.since - self._lasting_s)


_FAILURES = (RuntimeError, ValueError, TypeError, KeyError, IndexError, AttributeError, MemoryError, TandemError)


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
