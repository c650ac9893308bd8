"""The dense index: nearest vectors by inner product, in snapshots that never change.

FAISS crashes when an index changes while another thread searches it. So nothing that is published changes: a snapshot
is a tuple of immutable segments with a mask of live rows each. New vectors become a segment of their own, and segments
are merged whenever the one before is not at least twice as large (the logarithmic method, Bentley and Saxe 1980), which
copies a vector O(log n) times in all. Only inverted lists, which need training, are left to `compacted`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from retriever.index.segments import Half, Ids, Segment, exact_segment, inverted_segment, members
from retriever.models.encoder import Vectors
from retriever.models.finite import finite

EXACT_ROWS = 50_000  # up to here a search of all vectors takes 2 ms
_STALE_ROWS = 10_000  # rows outside the inverted lists, or dead in them, that are worth a compaction
_STALE_SHARE = 0.05  # the same, as a share of the rows in the inverted lists
_SMALL_ROWS = 1_000  # segments up to this size are merged always: a further segment costs a search more than its rows


@dataclass(frozen=True)
class DenseSnapshot:
    """An immutable index from text ids to vectors; inverted lists come first, the youngest segment last."""

    dimension: int
    segments: tuple[Segment, ...] = ()

    @property
    def count(self) -> int:
        """How many vectors there are."""
        return sum(segment.count for segment in self.segments)

    def ids(self) -> set[int]:
        """Return the ids of all vectors."""
        return {key for segment in self.segments for key in segment.ids[segment.live].tolist()}

    def present(self, ids: AbstractSet[int]) -> set[int]:
        """Return those of `ids` that have a vector here."""
        wanted = _ascending(ids)
        found: set[int] = set()
        for segment in self.segments:
            mask = members(segment.ids, wanted) & segment.live
            found.update(segment.ids[mask].tolist())
        return found

    def changed(self, removed: Collection[int], added: Sequence[int], vectors: Vectors | Half) -> DenseSnapshot:
        """Return a snapshot without the ids `removed` and with `added`, whose vectors are the rows of `vectors`.

        A vector is kept as float16. An id that has a vector gets the new one; an id twice in `added` is a ValueError, a
        vector that is not finite a `ComputationError`.
        """
        ids = np.fromiter(added, np.int64, len(added))
        order = np.argsort(ids)
        if (np.diff(ids[order]) == 0).any():
            raise ValueError("An id was added twice.")
        with np.errstate(over="ignore"):  # what is too large becomes infinite
            rows = finite(vectors[order].astype(np.float16, copy=False), "The encoder, rounded to float16,")
        gone = np.sort(np.concatenate([_ascending(removed), ids]))
        segments = [_tidied(segment.without(gone)) for segment in self.segments]
        segments = [segment for segment in segments if segment.count]
        if added:
            segments.append(exact_segment(ids[order], rows))
        while len(segments) > 1 and _belong_together(*segments[-2:]):
            segments[-2:] = [exact_segment(*_joined(segments[-2:]))]
        return DenseSnapshot(self.dimension, tuple(segments))

    def search(self, query: Vectors, limit: int, allowed: AbstractSet[int] | None = None) -> list[tuple[int, float]]:
        """Return up to `limit` (id, cosine) pairs, best first and of equal ones the smaller id first.

        With `allowed` only ids in it are found. A query that is not finite is a `ComputationError`.
        """
        finite(query, "The encoder of questions")
        if limit < 1:
            return []
        query = np.ascontiguousarray(query.reshape(1, -1), np.float32)
        keys = None if allowed is None else _ascending(allowed)
        found = [segment.search(query, limit, keys) for segment in self.segments]
        if not found:
            return []
        scores, ids = (np.concatenate(parts) for parts in zip(*found, strict=True))
        best = np.lexsort((ids, -scores))[:limit]
        return list(zip(ids[best].tolist(), scores[best].tolist(), strict=True))

    @property
    def overgrown(self) -> bool:
        """Whether so much lies outside the inverted lists, or dead in them, that compacting pays."""
        inverted = [segment for segment in self.segments if segment.lists]
        outside = sum(segment.count for segment in self.segments if segment.lists is None)
        if not inverted:
            return outside > EXACT_ROWS
        rows = sum(len(segment.ids) for segment in inverted)
        dead = rows - sum(segment.count for segment in inverted)
        return outside + dead > max(_STALE_ROWS, _STALE_SHARE * rows)

    def compacted(self, stopped: Callable[[], bool] = lambda: False) -> DenseSnapshot:
        """Return the same content in one segment, of inverted lists if it is large.

        Takes minutes for millions of vectors. Raises `StoppedError` when `stopped` says so, which is asked often.
        """
        if not self.segments:
            return self
        ids, vectors = _joined(self.segments)
        large = len(ids) > EXACT_ROWS
        segment = inverted_segment(ids, vectors, stopped) if large else exact_segment(ids, vectors)
        return DenseSnapshot(self.dimension, (segment,))

    def write(self, folder: Path, shelf: Path) -> None:
        """Write the snapshot into `folder`. What never changes is written once, to `shelf`, and linked.

        Files on the shelf that no segment needs are removed.
        """
        names = {segment.name for segment in self.segments}
        for path in shelf.iterdir():
            if path.stem not in names:
                path.unlink()
        for segment in self.segments:
            segment.write(folder, shelf)

    @classmethod
    def read(cls, folder: Path, shelf: Path, dimension: int) -> DenseSnapshot:
        """Return the snapshot that `write` wrote to `folder`, and put what never changes on the empty `shelf`.

        Only for files whose hashes were checked: FAISS checks nothing.
        """
        paths = [path for path in folder.iterdir() if path.suffix == ".faiss"]
        segments = [Segment.read(path, shelf) for path in paths]
        return cls(dimension, tuple(sorted(segments, key=lambda each: (each.lists is None, -each.count, each.name))))


def _ascending(ids: Collection[int]) -> Ids:
    return np.sort(np.fromiter(ids, np.int64, len(ids)))


def _joined(segments: Sequence[Segment]) -> tuple[Ids, Half]:
    """Return the live ids of the segments, ascending, with their vectors."""
    parts = [segment.live_rows() for segment in segments]
    ids, vectors = (np.concatenate(each) for each in zip(*parts, strict=True))
    order = np.argsort(ids)
    return ids[order], vectors[order]


def _belong_together(before: Segment, last: Segment) -> bool:
    return before.lists is None and before.count <= max(_SMALL_ROWS, 2 * last.count)


def _tidied(segment: Segment) -> Segment:
    """Return an exact segment without its dead rows once they are a quarter of it."""
    if segment.lists is None and 0 < segment.count < 0.75 * len(segment.ids):
        return exact_segment(*segment.live_rows())
    return segment
