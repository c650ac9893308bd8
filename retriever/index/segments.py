"""Segments of the dense index: vectors that never change, searched exactly or through inverted lists.

Vectors are kept as float16, as the database has them: FAISS's scalar quantiser `QT_fp16` then loses nothing, takes half
the memory of float32, and scores against a float32 query. A segment knows rows, 0 to its length; `ids` maps them to the
ids of texts. FAISS sees a filter as a bitmap over rows, so it never returns a row that is not wanted.

An inverted file (Sivic and Zisserman 2003) scans only the lists whose centroids are nearest to the query, as many as
hold enough live rows. Under a filter all lists are scanned, which is exact: a filter often has to do with the question,
and what it lets through then lies in lists far from the query. Without lists every row is looked at, of segments that
are neither small nor large as 8-bit integers first (`retriever.index.rescoring`), with the same result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from retriever.index.faiss_index import Index, faiss
from retriever.index.rescoring import RoundedVectors, best_of
from retriever.models.encoder import Vectors
from store.errors import DamagedError
from store.folder import link_or_copy
from store.ids import new_id

Half = npt.NDArray[np.float16]
Ids = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_ENOUGH = 20_000  # rows that are always scanned
_ENOUGH_FACTOR, _ENOUGH_POWER = 5.0, 0.8  # of n rows 5 n^0.8 are scanned, see docs/decisions
_TRAINING_ROWS = 40  # per list
_TRAINING_ROUNDS = 6
_BATCH = 65_536  # rows that are float32 at a time
_ROUNDED_ROWS = range(16_384, 50_001)  # of an exact segment that is also kept as 8-bit integers
_FEW_ROWS = 1_000  # rows that are taken out of an exact segment rather than looked for in it
_INDEX, _IDS, _LIVE = ".faiss", ".ids", ".live"  # files of a segment


@dataclass(frozen=True, eq=False)
class InvertedLists:
    """What is known of the inverted lists of an index: their centroids, and the list that each row is in."""

    centroids: Vectors
    of_row: npt.NDArray[np.int32]

    @classmethod
    def of(cls, index: Index) -> InvertedLists | None:
        """Return the lists of an index, None if it has none."""
        if not isinstance(index, faiss.IndexIVF):
            return None
        of_row = np.empty(index.ntotal, np.int32)
        for number in range(index.nlist):
            of_row[_list(index, number)[0]] = number
        return cls(index.quantizer.reconstruct_n(0, index.nlist), of_row)

    def count(self, live: Mask) -> Ids:
        """Return how many of the live rows each list holds."""
        return np.bincount(self.of_row[live], minlength=len(self.centroids))

    def nearest(self, query: Vectors, size: int, held: Ids) -> Ids:
        """Return the numbers of the lists to scan for `size` hits, nearest first; each has `held` live rows."""
        enough = max(scanned_rows(int(held.sum())), 4 * size)
        order = np.argsort(-(self.centroids @ query[0]), kind="stable")
        order = order[held[order] > 0]
        return order[: 1 + int(np.searchsorted(np.cumsum(held[order]), enough))]


class StoppedError(Exception):
    """Building a segment was given up because it was asked to stop."""


@dataclass(frozen=True, eq=False)
class Segment:
    """Vectors and which of them are live. Row i belongs to `ids[i]`, and `ids` ascend; `name` is unique."""

    index: Index
    lists: InvertedLists | None  # None: a search looks at every row
    ids: Ids
    live: Mask
    name: str
    rounded: RoundedVectors | None = None  # a second form of the vectors, by which exact searches are quicker

    @classmethod
    def of(cls, index: Index, ids: Ids) -> Segment:
        """Return a new segment, all of it live. FAISS's keys are the rows; `ids` ascend."""
        live = np.ones(len(ids), np.bool_)
        return cls(index, InvertedLists.of(index), ids, live, new_id("seg"), _rounded(index))

    @cached_property
    def _held(self) -> Ids:
        return self.lists.count(self.live) if self.lists else np.empty(0, np.int64)

    @cached_property
    def count(self) -> int:
        """How many rows are live."""
        return int(np.count_nonzero(self.live))

    def without(self, gone: Ids) -> Segment:
        """Return this segment with the rows of these ascending ids dead; itself if it has none of them."""
        dead = self.live & members(self.ids, gone)
        return replace(self, live=self.live & ~dead) if dead.any() else self

    def live_rows(self) -> tuple[Ids, Half]:
        """Return the ids and the vectors of the live rows, in the order of the ids."""
        if self.lists is None:
            codes = faiss.vector_to_array(self.index.codes)
        else:
            codes = np.empty((len(self.ids), self.index.code_size), np.uint8)
            for number in range(self.index.nlist):
                rows, found = _list(self.index, number)
                codes[rows] = found
        return self.ids[self.live], codes.view(np.float16).reshape(-1, self.index.d)[self.live]

    def search(self, query: Vectors, limit: int, allowed: Ids | None) -> tuple[Vectors, Ids]:
        """Return scores and ids of at least the `limit` best live rows, as far as there are so many; unordered.

        `allowed` are ascending ids. Rows that score like the last one wanted come too, so that the caller can decide
        between them.
        """
        wanted = self.live if allowed is None else self.live & members(self.ids, allowed)
        count = self.count if allowed is None else int(np.count_nonzero(wanted))
        size = min(limit + 1, count)
        while size:
            scores, rows = self._nearest(query, size, None if count == len(self.ids) else wanted)
            told = (rows >= 0) & np.isfinite(scores)  # FAISS pads with the row -1 what it cannot compare
            scores, rows = scores[told], rows[told]
            if size == count or len(rows) < size or scores[-1] < scores[limit - 1]:
                return scores, self.ids[rows]
            size = min(2 * size, count)
        return np.empty(0, np.float32), np.empty(0, np.int64)

    def _nearest(self, query: Vectors, size: int, wanted: Mask | None) -> tuple[Vectors, Ids]:
        """Return scores and rows of the `size` best of the wanted rows, best first."""
        bits = None if wanted is None else np.packbits(wanted, bitorder="little")
        selector = None if bits is None else faiss.IDSelectorBitmap(bits)  # borrows the bits
        if self.lists is None:
            with _one_thread():
                return self._scanned(query, size, wanted, selector)
        filtered = wanted is not None and wanted is not self.live
        lists = np.arange(self.index.nlist) if filtered else self.lists.nearest(query, size, self._held)
        given = faiss.SearchParametersIVF(nprobe=len(lists), sel=selector)
        scores, rows = np.empty((1, size), np.float32), np.empty((1, size), np.int64)
        pointers = map(faiss.swig_ptr, (lists, np.zeros(len(lists), np.float32), scores, rows))
        self.index.search_preassigned_c(1, faiss.swig_ptr(query), size, *pointers, False, given)  # noqa: FBT003
        return scores[0], rows[0]

    def _scanned(self, query: Vectors, size: int, wanted: Mask | None, selector: object) -> tuple[Vectors, Ids]:
        """Return what `_nearest` does, of all wanted rows."""
        if wanted is not None and (few := np.flatnonzero(wanted)).size <= _FEW_ROWS:
            return best_of(self.index, few, query, size)
        certain = self.rounded.nearest(self.index, query, size, selector) if self.rounded else None
        if certain:
            return certain
        scores, rows = self.index.search(query, size, params=faiss.SearchParameters(sel=selector))
        return scores[0], rows[0]

    def write(self, folder: Path, shelf: Path) -> None:
        """Write the segment into `folder`: links to `shelf`, where its files are written if they are not there yet."""
        for suffix, content in ((_INDEX, lambda: faiss.serialize_index(self.index)), (_IDS, lambda: self.ids)):
            target = shelf / (self.name + suffix)
            if not target.exists():
                part = target.with_suffix(".part")  # a disk that is full shall not leave half a file under the name
                part.write_bytes(content().data)
                part.rename(target)
            (folder / target.name).hardlink_to(target)
        (folder / (self.name + _LIVE)).write_bytes(self.live.data)

    @classmethod
    def read(cls, path: Path, shelf: Path) -> Segment:
        """Return the segment whose index was written to `path`, and link what never changes to `shelf`."""
        index = faiss.read_index(str(path))
        ids = np.fromfile(path.with_suffix(_IDS), np.int64)
        live = np.fromfile(path.with_suffix(_LIVE), np.bool_)
        if not index.ntotal == len(ids) == len(live):
            raise DamagedError(f"{path.name} has {index.ntotal} vectors, {len(ids)} ids and {len(live)} marks.")
        for suffix in (_INDEX, _IDS):
            link_or_copy(path.with_suffix(suffix), shelf / (path.stem + suffix))
        return cls(index, InvertedLists.of(index), ids, live, path.stem, _rounded(index))


def exact_segment(ids: Ids, vectors: Half) -> Segment:
    """Return a segment that is searched exactly; `ids` ascend, without a repeated one."""
    kind = faiss.ScalarQuantizer.QT_fp16
    index = faiss.IndexScalarQuantizer(vectors.shape[1], kind, faiss.METRIC_INNER_PRODUCT)
    index.add_sa_codes(_codes(vectors))
    return Segment.of(index, ids)


def inverted_segment(ids: Ids, vectors: Half, stopped: Callable[[], bool]) -> Segment:
    """Return a segment of inverted lists; `ids` ascend. Raises `StoppedError`."""
    rows, dimension = vectors.shape
    lists = list_count(rows)
    quantizer = faiss.IndexFlatIP(dimension)
    kind = faiss.ScalarQuantizer.QT_fp16
    index = faiss.IndexIVFScalarQuantizer(quantizer, dimension, lists, kind, faiss.METRIC_INNER_PRODUCT)
    index.by_residual = False  # so that a code is the vector itself
    train(index, vectors)
    assigned = np.empty(rows, np.int32)
    for start in range(0, rows, _BATCH):
        if stopped():
            raise StoppedError
        batch = vectors[start : start + _BATCH].astype(np.float32)
        assigned[start : start + _BATCH] = quantizer.search(batch, 1)[1][:, 0]
    order = np.argsort(assigned, kind="stable").astype(np.int64)
    bounds = np.searchsorted(assigned[order], np.arange(lists + 1))
    for number in range(lists):  # each list in one piece: FAISS's own `add` leaves room to grow in each
        members_of = order[bounds[number] : bounds[number + 1]]
        codes = _codes(vectors[members_of])
        index.invlists.add_entries(number, len(members_of), faiss.swig_ptr(members_of), faiss.swig_ptr(codes))
    index.ntotal = rows
    return Segment.of(index, ids)


def list_count(rows: int) -> int:
    """Return how many inverted lists there are for so many rows."""
    return 4 * round(math.sqrt(rows))


def scanned_rows(live: int) -> float:
    """Return how many of the live rows a search of inverted lists looks at, for a recall@10 of .99."""
    return max(float(_ENOUGH), _ENOUGH_FACTOR * math.pow(live, _ENOUGH_POWER))


def train(index: Index, vectors: Half) -> None:
    """Choose the centroids of the inverted lists: k-means on an even sample of the vectors, always the same."""
    index.cp.spherical = True
    index.cp.niter = _TRAINING_ROUNDS
    index.cp.min_points_per_centroid = 1  # no warning on standard error
    index.cp.max_points_per_centroid = _TRAINING_ROWS
    index.train(vectors[:: max(1, len(vectors) // (index.nlist * _TRAINING_ROWS))].astype(np.float32))


def members(values: Ids, others: Ids) -> Mask:
    """Return which of the ascending `values` are among the ascending `others`."""
    few, many = (others, values) if len(others) < len(values) else (values, others)
    if not len(few):
        return np.zeros(len(values), np.bool_)
    place = np.minimum(np.searchsorted(many, few), len(many) - 1)
    found: Mask = many[place] == few
    if few is values:
        return found
    mask = np.zeros(len(values), np.bool_)
    mask[place[found]] = True
    return mask


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep FAISS to one thread, as a single exact query uses: the others would wait in a busy loop for more work."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _rounded(index: Index) -> RoundedVectors | None:
    """Return the vectors of an exact index as 8-bit integers, if it has as many as make that pay on this CPU."""
    if isinstance(index, faiss.IndexIVF) or index.ntotal not in _ROUNDED_ROWS:
        return None
    rounded = RoundedVectors.of(faiss.vector_to_array(index.codes).view(np.float16).reshape(-1, index.d))
    with _one_thread():
        return rounded if rounded is not None and rounded.pays(index) else None


def _codes(vectors: Half) -> npt.NDArray[np.uint8]:
    """Return float16 vectors as FAISS stores them: their bytes."""
    return np.ascontiguousarray(vectors, "<f2").view(np.uint8)


def _list(index: Index, number: int) -> tuple[Ids, npt.NDArray[np.uint8]]:
    """Return the rows in an inverted list, and their codes."""
    size = index.invlists.list_size(number)
    if not size:
        return np.empty(0, np.int64), np.empty((0, index.code_size), np.uint8)
    rows = faiss.rev_swig_ptr(index.invlists.get_ids(number), size)
    codes = faiss.rev_swig_ptr(index.invlists.get_codes(number), size * index.code_size)
    return rows, codes.reshape(size, -1)
