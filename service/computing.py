"""Work in threads for clients who may leave: none waits in a thread, and nobody computes for one who left."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Generic, TypeVar

from fastapi.concurrency import run_in_threadpool

from generator.loading import LoadingError
from retriever.index.open_indexes import IndexBehindError

_T = TypeVar("_T")
_WAIT_S = 30.0
_LOADING_S = 900.0  # a large model from a slow disk
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.01, 0.25
_LOOK_S = 0.1  # how often it is looked whether the client is still there


async def patiently(attempt: Callable[[], Awaitable[_T]]) -> _T:
    """Return what `attempt` does, tried again while another thread prepares the index or the model that it needs.

    Raises `IndexBehindError` after 30 seconds, and `LoadingError` after 15 minutes. Attempts are made with `wait_s=0`,
    so that no thread waits.
    """
    begun, pause = time.monotonic(), _FIRST_PAUSE_S
    while True:
        try:
            return await attempt()
        except IndexBehindError:
            if time.monotonic() > begun + _WAIT_S:
                raise
        except LoadingError:
            if time.monotonic() > begun + _LOADING_S:
                raise
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_S)


class Computation(Generic[_T]):
    """What a thread makes, piece by piece, handed over as it comes: the thread never waits for the reader.

    `make` gets a function that says whether the pieces are still wanted, and returns their iterator.
    """

    def __init__(self, make: Callable[[Callable[[], bool]], Iterator[_T]]) -> None:
        self._make = make
        self._left = threading.Event()
        self._pieces: asyncio.Queue[tuple[_T] | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def first(self) -> _T:
        """Start, and return the first piece; what prevents it is raised."""
        return await patiently(self._start)

    async def following(self) -> _T | None:
        """Return the next piece, None once there is none; `failure` tells whether that is the end or an end."""
        piece = await self._pieces.get()
        return None if piece is None else piece[0]

    async def last(self, gone: Callable[[], Awaitable[bool]]) -> _T:
        """Return the last piece; once the client is `gone` the work is abandoned."""
        watching = asyncio.create_task(self._watch(gone))
        try:
            last = await self.first()
            while (piece := await self.following()) is not None:
                last = piece
            self._raise_failure()
            return last
        finally:
            watching.cancel()
            self.abandon()

    def abandon(self) -> None:
        """Let the thread stop at its next step."""
        self._left.set()

    def failure(self) -> BaseException | None:
        """Return what ended the work early, if anything did."""
        task = self._task
        return task.exception() if task is not None and task.done() and not task.cancelled() else None

    async def _start(self) -> _T:
        self._pieces = asyncio.Queue()
        loop, pieces = asyncio.get_running_loop(), self._pieces

        def run() -> None:
            for piece in self._make(self._left.is_set):
                loop.call_soon_threadsafe(pieces.put_nowait, (piece,))

        def ended(_: object) -> None:
            self.failure()  # asked for here since nobody may be left to ask
            pieces.put_nowait(None)

        self._task = asyncio.create_task(run_in_threadpool(run))
        self._task.add_done_callback(ended)
        piece = await pieces.get()
        if piece is None:
            self._raise_failure()
            raise RuntimeError("a computation without a piece")
        return piece[0]

    def _raise_failure(self) -> None:
        error = self.failure()
        if error is not None:
            raise error

    async def _watch(self, gone: Callable[[], Awaitable[bool]]) -> None:
        while not await gone():
            await asyncio.sleep(_LOOK_S)
        self.abandon()
