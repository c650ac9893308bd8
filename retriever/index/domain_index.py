"""The index of a domain: two materialised views of its change log, followed, checkpointed, verified, rebuilt.

A snapshot is immutable; queries keep the one they began with while `follow` publishes the next. What is on disk is only
a cache: it is loaded if its hash is the recorded one, and rebuilt from the database on any doubt.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from retriever.index.compaction import Change, Compactor
from retriever.index.dense import DenseSnapshot
from retriever.index.lexical import LexicalIndex, LexicalSnapshot
from retriever.index.segments import Half
from retriever.text.analysis import ANALYSIS_VERSION
from store.awaited import awaiting_texts
from store.checkpoints import Checkpoint, read_checkpoint, record_checkpoint
from store.errors import DamagedError, StorageFullError
from store.folder import check_published, link_or_copy
from store.ids import sha256
from store.passages import Changes, changes_since, last_seq, live_texts, read_contents, read_vectors
from store.space import named_file_failures
from store.store import Store

_LOG = logging.getLogger("tandem")
_VECTORS_FOLDER = "vectors"
_WORDS_FOLDER = "words"
_READINGS = 5  # of changes, before a snapshot is published that lacks what vanished meanwhile
_READ = 1000  # texts that are read at once


@dataclass(frozen=True)
class Snapshot:
    """Both views as of the change with the sequence number `seq`.

    The texts in `unembedded` are in `lexical` alone: they await their vectors.
    """

    seq: int
    dense: DenseSnapshot
    lexical: LexicalSnapshot
    unembedded: frozenset[int] = frozenset()


@dataclass(frozen=True)
class View:
    """What an index shows: the passages of a passage set in one domain, with their vectors in one space."""

    domain_id: str
    passage_set: str
    space_id: str
    dimension: int

    @property
    def key(self) -> str:
        """The name of the view in the table of checkpoints."""
        return f"{self.passage_set}/{self.space_id}"


@dataclass(frozen=True)
class _Read:
    """Texts read from the database, by ascending id: their contents, and which have the vectors in these rows."""

    contents: dict[int, str]
    embedded: list[int]
    vectors: Half


class DomainIndex:
    """A searchable view that follows the change log. `snapshot` never blocks; writers take turns."""

    def __init__(self, store: Store, view: View, checkpoint_every: int, *, anew: bool = False) -> None:
        """Load the checkpoint of the view; without one, or with `anew`, build the index from the database."""
        self._store = store
        self._view = view
        self._checkpoint_every = checkpoint_every
        self._turn = threading.Lock()
        self._folder = store.folder.temporary()
        self._saved = self._tried = 0
        self._closed = False
        self.rebuilt = False
        self._compactor = Compactor(self._turn, self._publish_compacted)
        with self._turn, named_file_failures():
            self._lexical, self._snapshot = self._load(None if anew else self._checkpoint())
            self._compactor.notice(self._snapshot.dense)

    @property
    def snapshot(self) -> Snapshot:
        """The newest published snapshot."""
        return self._snapshot

    def ids(self) -> set[int]:
        """Return the ids of the texts in the newest snapshot."""
        return self._snapshot.dense.ids() | self._snapshot.unembedded

    def follow(self, wait_s: float = -1) -> Snapshot:
        """Apply the changes since the snapshot, publish the result and return it.

        If another thread is at it for longer than `wait_s` (-1: wait for it), the snapshot is returned as it is.
        """
        if last_seq(self._store, self._view.domain_id) == self._snapshot.seq:
            return self._snapshot
        if not self._turn.acquire(timeout=wait_s):
            return self._snapshot
        try:
            if self._closed:
                return self._snapshot
            self._catch_up()
            if self._snapshot.seq - max(self._saved, self._tried) >= self._checkpoint_every:
                self._tried = self._snapshot.seq
                try:
                    self._write_checkpoint()
                except (StorageFullError, OSError) as error:  # it is only a cache
                    _LOG.warning("the index of %s could not be saved: %s", self._view.domain_id, error)
        finally:
            self._turn.release()
        return self._snapshot

    def checkpoint(self) -> None:
        """Write the newest snapshot to disk, unless that was done."""
        with self._turn:
            if self._snapshot.seq != self._saved and not self._closed:
                self._write_checkpoint()

    def close(self) -> None:
        """Remove the working folder; from now on nothing is followed or written."""
        with self._turn:
            self._closed = True
            shutil.rmtree(self._folder, ignore_errors=True)
        self._compactor.close()

    def _catch_up(self) -> None:
        """Apply what changed; a text that vanished while that was read has a successor, so it is read again."""
        missing: AbstractSet[int] = frozenset()
        for left in reversed(range(_READINGS)):
            changes = changes_since(self._store, self._view.domain_id, self._view.passage_set, self._snapshot.seq)
            known = missing if left else None
            missing = self._apply(changes, known)
            if known is None or missing <= known:
                return

    def _apply(self, changes: Changes, known: AbstractSet[int] | None = None) -> AbstractSet[int]:
        """Publish a snapshot with these changes, and return which of the texts in them are not there any more.

        If some are missing that were not `known` to be, nothing is published; without `known` it is in any case.
        """
        before = self._snapshot
        touched = changes.gone | changes.live
        embedded, by_words = before.dense.present(touched), before.unembedded & touched
        wanted = changes.live - embedded  # some of which may have been there by their words
        read = self._read(sorted(wanted))
        missing = wanted - read.contents.keys()
        if known is not None and not missing <= known:
            return missing
        change = Change(embedded & changes.gone, read.embedded, self._sound(read.vectors))
        dense = before.dense.changed(change.removed, change.added, change.vectors)
        new = [(key, content) for key, content in read.contents.items() if key not in by_words]
        gone = (embedded | by_words) & changes.gone
        lexical = self._lexical.changed(gone, new) if gone or new else before.lexical
        awaiting = read.contents.keys() - set(read.embedded)
        unembedded = before.unembedded - changes.gone - set(read.embedded) | awaiting
        self._snapshot = Snapshot(changes.seq, dense, lexical, unembedded)
        self._compactor.notice(dense, change)
        return missing

    def _read(self, ids: list[int]) -> _Read:
        """Return those of these texts, ascending, that exist and have a vector in the space or await one."""
        rows = np.empty((len(ids), self._view.dimension), dtype="<f2")
        contents: dict[int, str] = {}
        embedded: list[int] = []
        for start in range(0, len(ids), _READ):  # straight into the matrix: after a large upload there are many
            part = ids[start : start + _READ]
            awaiting = awaiting_texts(self._store, part, self._view.space_id)  # before the vectors that may come now
            vectors = dict(read_vectors(self._store, part, self._view.space_id))
            for key, content in read_contents(self._store, part):
                if key in vectors:
                    rows[len(embedded)] = np.frombuffer(vectors[key], dtype="<f2")
                    embedded.append(key)
                if key in vectors or key in awaiting:
                    contents[key] = content
        return _Read(contents, embedded, rows[: len(embedded)])

    def _sound(self, vectors: Half) -> Half:
        """Return the vectors with zeros for those that are not finite, so that such a text is found by its words."""
        bad = np.logical_not(np.isfinite(vectors).all(axis=1))
        if not bad.any():
            return vectors
        message = "%d of %d vectors read for %s are not finite and count as nothing: `tandem verify` names their texts"
        _LOG.error(message, int(bad.sum()), len(vectors), self._view.domain_id)
        return np.where(bad[:, None], np.float16(0), vectors)

    def _publish_compacted(self, dense: DenseSnapshot) -> None:
        self._snapshot = replace(self._snapshot, dense=dense)
        self._saved = 0  # so that the next checkpoint has it

    def _checkpoint(self) -> Checkpoint | None:
        return read_checkpoint(self._store, self._view.domain_id, "search", self._view.key)

    def _load(self, found: Checkpoint | None) -> tuple[LexicalIndex, Snapshot]:
        if found is not None:
            try:
                return self._load_checkpoint(found)
            except (
                DamagedError,
                OSError,
                RuntimeError,
                ValueError,
            ) as error:  # the last two: a format of other versions
                _LOG.warning("the index of %s is built anew from the database: %s", self._view.domain_id, error)
                self.rebuilt = True
                shutil.rmtree(self._folder, ignore_errors=True)
        lexical = LexicalIndex(self._working(_WORDS_FOLDER))
        self._working(_VECTORS_FOLDER)
        self._lexical, self._snapshot = lexical, Snapshot(0, DenseSnapshot(self._view.dimension), lexical.snapshot())
        self._apply(live_texts(self._store, self._view.domain_id, self._view.passage_set))
        return lexical, self._snapshot

    def _load_checkpoint(self, found: Checkpoint) -> tuple[LexicalIndex, Snapshot]:
        path = found.path(self._store)
        manifest = check_published(path, found.sha256)
        if (manifest["domain"], manifest["view"]) != (found.domain_id, found.view):
            raise DamagedError(f"{path.name} is the checkpoint of another index.")
        if manifest.get("analysis") != ANALYSIS_VERSION:
            raise DamagedError(f"{path.name} was written by another version of the text analysis.")
        dense = DenseSnapshot.read(path / _VECTORS_FOLDER, self._working(_VECTORS_FOLDER), self._view.dimension)
        words = self._working(_WORDS_FOLDER)
        for file in (path / _WORDS_FOLDER).iterdir():
            link_or_copy(file, words / file.name)
        lexical = LexicalIndex(words)
        self._saved = found.seq
        by_words = lexical.snapshot()
        unembedded = by_words.ids() - dense.ids() if by_words.count != dense.count else set()
        return lexical, Snapshot(found.seq, dense, by_words, frozenset(unembedded))

    def _working(self, name: str) -> Path:
        folder = self._folder / name
        folder.mkdir(parents=True)
        return folder

    def _write_checkpoint(self) -> None:
        snapshot = self._snapshot

        def fill(folder: Path) -> None:
            (folder / _VECTORS_FOLDER).mkdir()
            snapshot.dense.write(folder / _VECTORS_FOLDER, self._folder / _VECTORS_FOLDER)
            (folder / _WORDS_FOLDER).mkdir()
            self._lexical.link_files(folder / _WORDS_FOLDER)

        staged = self._store.folder.temporary().name
        name = f"{self._view.domain_id}-{snapshot.seq}-{sha256(self._view.key)[:12]}-{staged[4:10]}"
        about = {
            "domain": self._view.domain_id,
            "view": self._view.key,
            "seq": snapshot.seq,
            "analysis": ANALYSIS_VERSION,
        }
        digest = self._store.folder.publish(self._store.folder.indexes / name, fill, about)
        record = Checkpoint(self._view.domain_id, "search", self._view.key, snapshot.seq, name, digest)
        record_checkpoint(self._store, record)
        self._saved = snapshot.seq


@contextmanager
def open_index(store: Store, view: View, checkpoint_every: int) -> Iterator[DomainIndex]:
    """Give an index for the time of the context, current at its beginning."""
    index = DomainIndex(store, view, checkpoint_every)
    try:
        index.follow()
        yield index
    finally:
        index.close()
