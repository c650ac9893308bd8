"""Threads that must not die: a loop outlives whatever its step raises, and says what it was."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from types import TracebackType

_LOG = logging.getLogger("tandem")
_PAUSE_S = 5.0


class Loop:
    """A thread that repeats a step until it is stopped.

    The step returns whether it is to be repeated at once; otherwise it is after `every_s` seconds, and after a failure
    of any kind after `pause_s`. `failure` says how the last step failed; None if it did not.
    """

    def __init__(self, name: str, step: Callable[[], bool], every_s: float, pause_s: float = _PAUSE_S) -> None:
        self.name = name
        self.failure: str | None = None
        self.stopping = threading.Event()
        self._step = step
        self._every_s = every_s
        self._pause_s = pause_s
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the present step, and wait for that."""
        self.stopping.set()
        if self.alive:
            self._thread.join()

    def _run(self) -> None:
        while not self.stopping.is_set():
            again, guard = False, _Guard(self.name, self.failure)
            with guard:
                again = self._step()
            self.failure = guard.failure
            if not again:
                self.stopping.wait(self._pause_s if self.failure else self._every_s)


class _Guard:
    """A context in which a failure ends the context only, and is kept; and logged, unless it is the one `before`."""

    def __init__(self, name: str, before: str | None) -> None:
        self._name = name
        self._before = before
        self.failure: str | None = None

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if kind is None or error is None or not issubclass(kind, Exception):
            return False
        text = " ".join(str(error).split())[:300]
        self.failure = f"{kind.__name__}: {text}" if text else kind.__name__
        if self.failure != self._before:
            _LOG.error("%s failed and goes on", self._name, exc_info=(kind, error, trace))
        return True
