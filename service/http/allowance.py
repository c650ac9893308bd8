"""An allowance of bytes: so much may be worked on at a time, the rest waits its turn, and not for ever."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from store.errors import NotReadyError


class Allowance:
    """Lends bytes to the requests of one event loop, in the order in which they ask.

    Who waits holds no thread. One that asks for more than there is gets all of it, once nobody else has any.
    """

    def __init__(self, limit: int, patience_s: float) -> None:
        self._limit = self._free = limit
        self._patience_s = patience_s
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def lent(self) -> int:
        """How many bytes are lent now."""
        return self._limit - self._free

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._waiting)

    @asynccontextmanager
    async def lend(self, size: int) -> AsyncIterator[None]:
        """Hold `size` bytes for the time of the context; `NotReadyError` if they did not come free in time."""
        share = min(size, self._limit)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((share, turn))
        self._serve()
        try:
            async with asyncio.timeout(self._patience_s):
                await turn
        except (TimeoutError, asyncio.CancelledError) as error:
            self._leave(share, turn)
            if isinstance(error, asyncio.CancelledError):
                raise
            raise NotReadyError(
                "Other uploads with wait=true keep the server busy, which makes documents of at most "
                f"{self._limit} bytes searchable at a time. Send this one again later, or without wait=true.",
                code="busy",
            ) from error
        try:
            yield
        finally:
            self._free += share
            self._serve()

    def _serve(self) -> None:
        while self._waiting:
            share, turn = self._waiting[0]
            if not turn.cancelled():
                if share > self._free:
                    return
                self._free -= share
                turn.set_result(None)
            self._waiting.popleft()

    def _leave(self, share: int, turn: asyncio.Future[None]) -> None:
        """Give up a turn that did not come, which is cancelled then, or that came a moment too late."""
        if not turn.cancelled():
            self._free += share
        self._serve()
