"""How much of a domain its encoder can read, and what that means for the search.

An encoder turns what its vocabulary lacks into unknown tokens, and their vectors are noise (Chinese for an English
encoder). The share is measured at ingest, for each text, and weighs the dense side of every search in the domain.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from retriever.search.fusion import UNREADABLE
from store.passages import measured_texts
from store.store import Store


@dataclass(frozen=True)
class _Measured:
    seq: int
    texts: int
    share: float


class Legibility:
    """Knows the unknown share of domains; measures one again once a tenth of its texts may have changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._measured: dict[tuple[str, str], _Measured] = {}
        self._turn = threading.Lock()

    def unknown_share(self, domain_id: str, space_id: str, seq: int) -> float:
        """Return the mean share of a domain's texts that the encoder of a space cannot read, near the change `seq`."""
        known = self._measured.get((domain_id, space_id))
        if known is None or abs(seq - known.seq) > known.texts / 10:
            with self._turn:
                texts, share = measured_texts(self._store, domain_id, space_id)
                known = self._measured[domain_id, space_id] = _Measured(seq, texts, share)
        return known.share


def advice(share: float, weight: float) -> str:
    """Return in a sentence what an unknown share does to a search whose dense weight would be `weight`."""
    if share < 0.005:
        return "The encoder reads these documents; vectors count in full."
    if share < UNREADABLE:
        left = weight * (1 - share / UNREADABLE)
        return (
            f"The encoder cannot read {share:.0%} of these documents; its weight falls from {weight:.2f} to {left:.2f}."
        )
    return (
        f"The encoder cannot read {share:.0%} of these documents; search goes by words alone. "
        "Name an encoder for their language: retriever.encoder."
    )
