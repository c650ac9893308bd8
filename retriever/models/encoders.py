"""The encoders of a process, by the space of their vectors: several at once, each loaded when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from retriever.models.encoder import Encoder
from store.errors import ConflictError


class Encoders:
    """The encoders that this process can use. Safe to use from many threads.

    `configured` is that of new documents and new domains; `others` are loaded when a release needs their space.
    """

    def __init__(self, configured: Encoder, others: Mapping[str, Callable[[], Encoder]] | None = None) -> None:
        self.configured = configured
        self._others = dict(others or {})
        self._loaded: dict[str, Encoder] = {}
        self._turns = {space_id: threading.Lock() for space_id in self._others}

    def encoder_for(self, space_id: str) -> Encoder:
        """Return the encoder of this space, loading it if needed; raise `ConflictError` if there is none."""
        if space_id == self.configured.space_id:
            return self.configured
        if space_id not in self._others:
            raise wrong_space("space_id", space_id, self.configured.space_id)
        with self._turns[space_id]:  # only those wait who need the same space
            if space_id not in self._loaded:
                loaded = self._others[space_id]()
                if loaded.space_id != space_id:
                    raise wrong_space("space_id", space_id, loaded.space_id)
                self._loaded[space_id] = loaded
            return self._loaded[space_id]


def wrong_space(key: str, wanted: str, have: str) -> ConflictError:
    """Return the error that a release needs another space or passage set than this process has."""
    return ConflictError(
        f"The release needs the {key} {wanted}; this server is set up for {have}. "
        "Restore the [retriever] settings that the release was made with.",
        code="wrong_space",
    )
