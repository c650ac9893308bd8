"""What an export is: a row of the table beside this, and the files that it writes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from store.datasets import Dataset, Example
from store.documents import Document, get_document, get_version
from store.errors import NotFoundError
from store.json_values import Json
from store.store import Store


@dataclass(frozen=True)
class Asked:
    """What is exported: examples of a data set whose documents are neither deleted nor replaced, and their store."""

    store: Store
    dataset: Dataset
    examples: Sequence[Example]

    def document(self, document_id: str) -> Document | None:
        """Return a document of the domain, None if it was deleted."""
        try:
            return get_document(self.store, self.dataset.domain_id, document_id)
        except NotFoundError:
            return None

    def text(self, document_id: str, version: int) -> str:
        """Return the text of a version of a document."""
        return get_version(self.store, self.dataset.domain_id, document_id, version).text or ""


@dataclass(frozen=True)
class Export:
    """A way to write data sets: of which kinds, and as which files by name.

    `write` raises `UnprocessableError` where an example has no place in the format.
    """

    name: str
    kinds: frozenset[str]
    write: Callable[[Asked], Mapping[str, bytes]]


def json_lines(rows: Iterable[Mapping[str, Json]]) -> bytes:
    """Return rows as JSON Lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
