"""Signs of life of a job's process while its work has nothing to report: a model loads, one step takes minutes.

The heart beats as long as the process does something, that is uses processor time or the disk, and as long as the work
reported something within its patience. A process that is stopped, waits for a lock, or turns in circles falls silent,
and the worker ends it after a lease.
"""

from __future__ import annotations

import resource
import threading
import time

from sqlalchemy.exc import SQLAlchemyError

from store.errors import ConflictError, TandemError
from store.jobs import beat
from store.progress import Progress
from store.store import Store

_BUSY = 0.01  # of the time that passed, at least, in processor time


class Heart:
    """A thread that beats for a job every `every_s` seconds."""

    def __init__(self, store: Store, progress: Progress, every_s: float) -> None:
        self._store = store
        self._progress = progress
        self._every_s = every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heart", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for that."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        before = _used()
        while not self._stopping.wait(self._every_s):
            now = _used()
            busy = now[0] - before[0] > _BUSY * self._every_s or now[1] != before[1]
            before = now
            if busy and self._progress.silent_s() < self._progress.patience_s and not self._beat():
                return

    def _beat(self) -> bool:
        """Beat and return True, or False if the job is no longer ours. A database that is busy now is not the end."""
        try:
            beat(self._store, self._progress.lease)
        except ConflictError:
            return False
        except (SQLAlchemyError, TandemError):
            return True
        return True


def _used() -> tuple[float, int]:
    """Return what the process has used: seconds of processor time without this thread's own, and blocks of the disk."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime - time.thread_time(), usage.ru_inblock
