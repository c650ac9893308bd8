"""Compaction of the dense index in a thread, while readers and writers go on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

import faiss

from retriever.index.dense import DenseSnapshot
from retriever.index.segments import Half, StoppedError
from retriever.models.encoder import Vectors

_LOG = logging.getLogger("tandem")


@dataclass(frozen=True)
class Change:
    """What `DenseSnapshot.changed` takes."""

    removed: set[int]
    added: list[int]
    vectors: Vectors | Half


class Compactor:
    """Compacts a snapshot when it is overgrown, repeats on the result what changed meanwhile, and publishes it.

    `turn` is the lock under which the owner changes its snapshot; `publish` is called while it is held.
    """

    def __init__(self, turn: threading.Lock, publish: Callable[[DenseSnapshot], None]) -> None:
        self._turn = turn
        self._publish = publish
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._missed: list[Change] | None = None  # None: nothing is being compacted

    def notice(self, snapshot: DenseSnapshot, change: Change | None = None) -> None:
        """Take note of the newest snapshot and of the change that led to it; the caller holds the turn."""
        if self._missed is not None:
            if change is not None:
                self._missed.append(change)
        elif snapshot.overgrown and not self._stop.is_set():
            self._missed = []
            self._thread = threading.Thread(target=self._run, args=(snapshot,), name="compaction", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End the thread, without publishing. The caller does not hold the turn."""
        self._stop.set()
        with self._turn:
            thread = self._thread
        if thread is not None:
            thread.join()
        self._publish = _forget  # else the owner refers to this, this to the owner, and both outlive their use

    def _run(self, snapshot: DenseSnapshot) -> None:
        compact = self._compacted(snapshot)
        with self._turn:
            if compact is not None and not self._stop.is_set():
                for change in self._missed or []:
                    compact = compact.changed(change.removed, change.added, change.vectors)
                self._publish(compact)
            self._missed = None

    def _compacted(self, snapshot: DenseSnapshot) -> DenseSnapshot | None:
        faiss.omp_set_num_threads(1)  # of this thread: searches shall not wait for it
        try:
            return snapshot.compacted(self._stop.is_set)
        except StoppedError:
            return None
        except (MemoryError, RuntimeError):  # the snapshot serves on as it is; the next start tries again
            _LOG.exception("the dense index could not be compacted")
            self._stop.set()
            return None


def _forget(snapshot: DenseSnapshot) -> None:
    """Do nothing with a snapshot whose index was closed."""
    del snapshot
