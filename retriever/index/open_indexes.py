"""The indexes that are open: opened at the first need, followed together, the least used closed when there are many."""

from __future__ import annotations

import errno
import itertools
import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from retriever.index.domain_index import DomainIndex, View
from store.change_log import newest_seq, newest_seqs
from store.errors import NotReadyError, StorageFullError, TandemError
from store.space import FULL
from store.store import Store

# What can keep an index from being followed or written now: disk, FAISS (RuntimeError), tantivy (ValueError), database.
CANNOT_FOLLOW = (OSError, ValueError, RuntimeError, MemoryError, SQLAlchemyError, TandemError)
_NO_ROOM = f"os error {errno.ENOSPC}"
_LOG = logging.getLogger("tandem")


class IndexBehindError(NotReadyError):
    """The index is being opened, or brought to the change that was asked for, by another thread."""


class OpenIndexes:
    """The open indexes of a store, at most about `limit`: each holds memory, files and a thread of tantivy's."""

    def __init__(self, store: Store, checkpoint_every: int, limit: int = 64) -> None:
        self._store = store
        self._checkpoint_every = checkpoint_every
        self._limit = limit
        self._indexes: dict[View, DomainIndex] = {}
        self._turns: dict[View, threading.Lock] = {}
        self._opening = threading.Lock()
        self._used: dict[View, int] = {}  # when each was asked for last, in uses of any
        self._uses = itertools.count(1)
        self._followed = -1  # the newest change when all were followed last
        self._failing: dict[View, str] = {}

    def get(self, view: View, wait_s: float = -1) -> DomainIndex:
        """Return the index of a view, opening it if needed.

        Raises `IndexBehindError` if another thread is opening it for longer than `wait_s` (-1: wait for it).
        """
        self._used[view] = next(self._uses)
        found = self._indexes.get(view)
        if found is not None:
            return found
        with self._opening:
            turn = self._turns.setdefault(view, threading.Lock())
        if not turn.acquire(timeout=wait_s):  # only those wait who ask for the same view
            raise IndexBehindError("The index of the domain is being opened. Try again.")
        try:
            found = self._indexes.get(view) or self._open(view)
            self._indexes[view] = found
        finally:
            turn.release()
        self._close_least_used(view)
        return found

    def rebuild(self, view: View) -> DomainIndex:
        """Build the index of a view from the database, without its checkpoint, and serve it from then on.

        Searches use the present one until the new one is there.
        """
        with self._opening:
            turn = self._turns.setdefault(view, threading.Lock())
        with turn:
            new = self._open(view, anew=True)
            before = self._indexes.get(view)
            self._indexes[view] = new
            self._used[view] = next(self._uses)
        if before is not None:
            before.close()
        new.checkpoint()
        return new

    def shown(self, view: View) -> int | None:
        """Return the change that the index of a view shows, None while it is not open."""
        index = self._indexes.get(view)
        return index.snapshot.seq if index else None

    def forget(self, domain_id: str) -> None:
        """Drop the indexes of a domain that was deleted."""
        for view in [each for each in list(self._turns) if each.domain_id == domain_id]:
            index = self._indexes.pop(view, None)
            self._used.pop(view, None)
            self._turns.pop(view, None)
            if index is not None:
                index.close()

    def follow(self) -> dict[str, str]:
        """Publish what changed in every open index; one that cannot be followed now does not stop the others.

        Returns why not, for each domain id that it happened to. While nothing changes this is one statement, however
        many indexes are open.
        """
        newest = newest_seq(self._store)
        if newest == self._followed and not self._failing:
            return {}
        open_now = dict(self._indexes)
        seqs = newest_seqs(self._store, list({view.domain_id for view in open_now}))
        for view, index in open_now.items():
            if seqs.get(view.domain_id, index.snapshot.seq) != index.snapshot.seq:
                self._try(view, index)
        self._failing = {view: reason for view, reason in self._failing.items() if view in open_now}
        self._followed = newest
        return {view.domain_id: reason for view, reason in self._failing.items()}

    def follow_domain(self, domain_id: str) -> None:
        """Publish what changed in a domain; if that cannot be done now, on a full disk, `follow` does it later.

        What was deleted is not found even so: a search leaves out what the database does not have.
        """
        for view, index in list(self._indexes.items()):
            if view.domain_id == domain_id:
                self._try(view, index)

    def close(self, *, checkpoint: bool) -> None:
        """Drop all indexes; with `checkpoint` write them first."""
        for view, index in list(self._indexes.items()):
            if checkpoint:
                self._save(view, index)
            index.close()
        self._indexes.clear()

    def _open(self, view: View, *, anew: bool = False) -> DomainIndex:
        try:
            with self._store.folder.space.reserved_room():
                index = DomainIndex(self._store, view, self._checkpoint_every, anew=anew)
                index.follow()  # a checkpoint is behind the log
                return index
        except ValueError as error:  # of tantivy, for whatever goes wrong
            if _NO_ROOM in str(error):
                raise StorageFullError(FULL) from error
            raise

    def _try(self, view: View, index: DomainIndex) -> None:
        try:
            index.follow()
            self._failing.pop(view, None)
        except CANNOT_FOLLOW as error:
            reason = type(error).__name__
            if reason != self._failing.get(view):  # said once, not five times a second
                _LOG.exception("the index of %s could not be followed; it is tried again until it can", view.domain_id)
            self._failing[view] = reason

    def _close_least_used(self, kept: View) -> None:
        with self._opening:
            order = sorted(self._indexes.keys() - {kept}, key=lambda view: self._used.get(view, 0))
            surplus = [(key, self._indexes.pop(key)) for key in order[: max(0, len(self._indexes) - self._limit)]]
        for view, index in surplus:
            self._save(view, index)
            index.close()

    @staticmethod
    def _save(view: View, index: DomainIndex) -> None:
        try:
            index.checkpoint()
        except CANNOT_FOLLOW:  # it is only a cache: the next start rebuilds it
            _LOG.exception("the index of %s could not be written", view.domain_id)
