"""Contents to vectors, in slices, with signs of life between them; and those that are awaited, in portions."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from retriever.models.encoder import Encoder
from retriever.models.finite import finite
from store.awaited import add_awaited, awaited_contents
from store.jobs import Lease
from store.store import Store

_SLICE = 256  # texts embedded between two signs of life
_PORTION = 64  # awaited texts that are embedded and stored together: some seconds, which is what a death costs


def embedded(encoder: Encoder, contents: Iterable[str], done: Callable[[float], None]) -> dict[str, bytes]:
    """Return the vectors of contents as float16 bytes; `done` is told which part of them is done.

    Whatever the process, they come in the same order: batches are full of texts of one length.
    """
    texts = sorted(contents, key=lambda text: (len(text), text))
    vectors: dict[str, bytes] = {}
    for start in range(0, len(texts), _SLICE):
        part = texts[start : start + _SLICE]
        with np.errstate(over="ignore"):  # what is too large becomes infinite, which is an error of its own
            rows = encoder.encode_passages(part).astype(np.float16)
        finite(rows, "The encoder, rounded to float16,")
        vectors |= {text: row.tobytes() for text, row in zip(part, rows, strict=True)}
        done((start + len(part)) / len(texts))
    return vectors


def embed_portion(store: Store, domain_id: str, encoder: Encoder, lease: Lease | None = None) -> int:
    """Embed some of the texts of a domain that await a vector, the oldest first; return how many, 0 if none does.

    With a `lease`, `ConflictError` is raised if the job has lost it.
    """
    contents = awaited_contents(store, domain_id, encoder.space_id, _PORTION)
    if contents:
        vectors = embedded(encoder, contents, lambda _: None)
        unknown = {content: encoder.unknown_share(content) for content in contents}
        add_awaited(store, domain_id, vectors, encoder.space_id, unknown, lease)
    return len(contents)
