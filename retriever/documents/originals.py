"""The bytes of a document as they were uploaded, or why there are none."""

from __future__ import annotations

from retriever.documents.blocks import UnreadableError
from store.ids import sha256
from store.store import Store

_AGAIN = "Upload the document again."


def read_sound_original(store: Store, digest: str) -> bytes:
    """Return the bytes with this SHA-256; `UnreadableError` if they are lost, as those of a deleted document are."""
    try:
        data = store.folder.blob(digest).read_bytes()
    except FileNotFoundError as error:
        raise UnreadableError(
            f"Its original is missing from the data folder. {_AGAIN}", code="original_lost"
        ) from error
    if sha256(data) != digest:
        raise UnreadableError(f"Its original in the data folder is damaged. {_AGAIN}", code="original_damaged")
    return data
