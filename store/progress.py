"""How a job tells what it does: progress, remaining time, events; and how it learns that it should stop."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from store.jobs import Job, Lease, NewEvent, beat
from store.json_values import JsonObject
from store.store import Store

_WINDOW_S = 60.0
_KEPT = 8  # samples, however old: steps may be slow
_KNOWN_S = 1.0  # below this, and with fewer than three samples, a rate is a guess


class CancelledError(Exception):
    """Raised inside a job that a user asked to cancel."""


class Pace:
    """How fast the work goes lately, as opposed to since the beginning, which had models to load."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque()

    def note(self, clock: float, fraction: float) -> float | None:
        """Note that `fraction` of the work is done; return the seconds that the rest takes, None if not known."""
        samples = self._samples
        samples.append((clock, fraction))
        while len(samples) > _KEPT and clock - samples[0][0] > _WINDOW_S:
            samples.popleft()
        begun, before = samples[0]
        seconds = clock - begun
        if seconds < _KNOWN_S or len({each for _, each in samples}) < 3 or fraction <= before:
            return None
        return seconds * (1 - fraction) / (fraction - before)

    def restart(self) -> None:
        """Forget the rate: what follows goes at another speed."""
        self._samples.clear()


class Progress:
    """A job's connection to its row. Calling it reports; it raises `CancelledError` when the job should stop.

    Progress is written at most every `interval_s` seconds, but for the last report. Messages are never dropped: those
    that come between are written with the next report, and at once if they are warnings or errors.

    `patience_s` says how long the work may go on without a report before it counts as hanging, though the process is
    busy. A kind of job with short steps lowers it.
    """

    def __init__(
        self,
        store: Store,
        job: Job,
        lease: Lease,
        interval_s: float = 0.5,
        patience_s: float = 3600.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.job = job
        self.lease = lease
        self.patience_s = patience_s
        self._store = store
        self._interval_s = interval_s
        self._clock = clock
        self._pace = Pace()
        self._waiting: list[NewEvent] = []
        self._fraction = job.progress
        self._last = float("-inf")
        self._reported = clock()

    def __call__(self, fraction: float, message: str = "", level: str = "info", data: JsonObject | None = None) -> None:
        """Report that `fraction` (0 to 1) of the work is done, and tell something."""
        clock = self._clock()
        self._reported, self._fraction = clock, fraction
        if message:
            self._waiting.append(NewEvent(message, level, {"progress": round(fraction, 4), **(data or {})}))
        urgent = fraction >= 1 or (message and level != "info")
        if urgent or clock - self._last >= self._interval_s:
            self._write(self._pace.note(clock, fraction))

    def restart(self) -> None:
        """Say that what follows goes at another speed: the remaining time is not known until it is measured anew."""
        self._pace.restart()

    def flush(self) -> None:
        """Write what waits to be told."""
        if self._waiting:
            self._write(None)

    def silent_s(self) -> float:
        """Return the seconds since the last report."""
        return self._clock() - self._reported

    def _write(self, eta_s: float | None) -> None:
        self._last = self._clock()
        asked = beat(self._store, self.lease, self._fraction, eta_s, self._waiting)
        self._waiting = []
        if asked:
            raise CancelledError
