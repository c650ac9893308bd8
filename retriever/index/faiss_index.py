"""FAISS, and what its indexes are used for here: the stubs of the library know neither selectors nor arrays."""

from __future__ import annotations

from typing import Any, Protocol

import faiss as _library
import numpy as np
import numpy.typing as npt

faiss: Any = _library

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


class Codes(Protocol):
    """The codes of an index, one after the other, in memory of C++."""

    def data(self) -> object:
        """Return a pointer to the first byte, for `faiss.rev_swig_ptr`."""
        ...


class Lists(Protocol):
    """The inverted lists of an index. Pointers are for `faiss.rev_swig_ptr`."""

    def list_size(self, number: int) -> int:
        """Return how many rows are in a list."""
        ...

    def get_ids(self, number: int) -> object:
        """Return a pointer to the numbers of these rows."""
        ...

    def get_codes(self, number: int) -> object:
        """Return a pointer to their codes."""
        ...


class Clustering(Protocol):
    """How centroids are found."""

    spherical: bool
    niter: int
    min_points_per_centroid: int
    max_points_per_centroid: int


class Quantizer(Protocol):
    """How numbers become codes."""

    qtype: int


class Index(Protocol):
    """An index of vectors; those with inverted lists have all of this, exact ones neither lists nor clustering."""

    d: int
    ntotal: int
    nlist: int
    code_size: int
    metric_type: int
    codes: Codes
    invlists: Lists
    sq: Quantizer
    cp: Clustering

    @property
    def quantizer(self) -> Index:
        """The index of the centroids."""
        ...

    def search(
        self,
        x: Floats,
        k: int,
        *,
        params: object = None,
        D: Floats | None = None,  # noqa: N803  (as FAISS calls them)
        I: Rows | None = None,  # noqa: E741, N803
    ) -> tuple[Floats, Rows]:
        """Return scores and rows of the nearest, best first; -1 stands for a row that there is not."""
        ...

    def search_preassigned_c(self, *given: object) -> None:
        """Search chosen lists, all arrays given as pointers."""
        ...

    def reconstruct_n(self, first: int, count: int) -> Floats:
        """Return vectors by their rows."""
        ...

    def add(self, x: Floats) -> None:
        """Add vectors."""
        ...

    def train(self, x: Floats) -> None:
        """Find the centroids."""
        ...
