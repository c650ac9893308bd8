"""Whether questions can be answered, and what stands in the way: one look for `/readyz` and for `tandem doctor`."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

from generator.releases import typed
from service.runtime import Runtime
from store.diagnosis import damaged_tables, probe
from store.errors import TandemError
from store.releases import served_releases

_FRESH_S = 1.0  # a look is good for so long, however often somebody asks
_ANSWER_S = 2.0  # a probe gets its answer within
_PAGES_EVERY_S = 600.0  # how often all pages of the database are read
_PAGES_BYTES = 256 << 20  # of a database up to this size
# What every question needs; of the others (jobs, evaluations, data sets) it needs none.
_NEEDED = {"domains", "releases", "documents", "versions", "texts", "passages", "vectors", "changes", "models"}


@dataclass(frozen=True)
class Problem:
    """What stands in the way of answers: of every one if it is `fatal`, else of some, or of new documents."""

    part: Literal["server", "database", "disk", "jobs", "release"]
    message: str
    domain: str | None = None
    fatal: bool = False


@dataclass(frozen=True)
class Readiness:
    """What a look found."""

    problems: tuple[Problem, ...]

    @property
    def status(self) -> Literal["ready", "degraded", "unavailable"]:
        """Whether all, some or none of the questions can be answered."""
        if any(problem.fatal for problem in self.problems):
            return "unavailable"
        return "degraded" if self.problems else "ready"


class Monitor:
    """Looks at what a runtime needs to answer. It asks no model, and takes some milliseconds."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._pages_at = -_PAGES_EVERY_S
        self._pages: tuple[Problem, ...] = ()
        self._suspected = threading.Event()

    def suspect(self) -> None:
        """Let the next look read all pages of the database: a request failed on it."""
        self._suspected.set()

    def look(self) -> Readiness:
        """Return what stands in the way now."""
        if self._runtime.draining.is_set():
            return Readiness((Problem("server", "The server is stopping.", fatal=True),))
        try:
            probe(self._runtime.store)
            releases = self._releases()
        except TandemError as error:
            return Readiness((Problem("database", error.message, fatal=True),))
        background = tuple(Problem("jobs", message) for message in self._runtime.failures())
        return Readiness((*self._database(), *self._disk(), *background, *releases))

    def _database(self) -> tuple[Problem, ...]:
        due = time.monotonic() - self._pages_at >= _PAGES_EVERY_S and self._size() <= _PAGES_BYTES
        if due or self._suspected.is_set():
            self._suspected.clear()
            self._pages_at = time.monotonic()
            self._pages = _damage(damaged_tables(self._runtime.store))
        return self._pages

    def _size(self) -> int:
        return self._runtime.store.folder.database.stat().st_size

    def _disk(self) -> tuple[Problem, ...]:
        shortage = self._runtime.store.database.space.shortage()
        return (Problem("disk", shortage),) if shortage else ()

    def _releases(self) -> tuple[Problem, ...]:
        served = served_releases(self._runtime.store)
        found: list[Problem] = []
        for domain, release in served:
            try:
                self._runtime.engine.check_servable(typed(release).manifest)
            except TandemError as error:
                found.append(Problem("release", f"{domain} serves {release.id}: {error.message}", domain))
        if served and len(found) == len(served):
            message = "No domain can be served."
            return (*found, Problem("release", message, fatal=True))
        return tuple(found)


class Probes:
    """Answers probes from a thread of its own, so that they wait behind no request, and looks once a second at most."""

    def __init__(self, look: Callable[[], Readiness]) -> None:
        self._look = look
        self._thread = ThreadPoolExecutor(1, "readiness")
        self._running: asyncio.Future[Readiness] | None = None
        self._found: Readiness | None = None
        self._until = 0.0

    async def readiness(self) -> Readiness:
        """Return what the newest look found; one that takes too long is a problem itself."""
        if self._found is not None and time.monotonic() < self._until:
            return self._found
        if self._running is None:
            self._running = asyncio.get_running_loop().run_in_executor(self._thread, self._look)
        running = self._running
        done, _ = await asyncio.wait({running}, timeout=_ANSWER_S)
        if not done:
            message = f"The database did not answer within {_ANSWER_S:g} s."
            return Readiness((Problem("database", message, fatal=True),))
        self._found, self._until, self._running = running.result(), time.monotonic() + _FRESH_S, None
        return self._found


def _damage(tables: set[str] | None) -> tuple[Problem, ...]:
    if tables is not None and not tables:
        return ()
    named = f" in {', '.join(sorted(tables))}" if tables else ""
    message = f"The database has damaged pages{named}: `tandem verify` says more; put tandem.db back from a backup."
    return (Problem("database", message, fatal=tables is None or not tables.isdisjoint(_NEEDED)),)
