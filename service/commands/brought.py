"""Which documents a folder brought: only these may be deleted when their file is gone.

The data folder keeps, per mirrored folder, a hash of domain and path with the ids of its documents; neither says
anything of a document that was deleted. What is about to be sent is noted first, by a hash of its name and its bytes,
so that a document whose upload was interrupted is known as well. Without this memory nothing is deleted.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from service.replies import Document
from store.identity import SYNCED
from store.ids import sha256

_KEY = 24  # hexadecimal digits that tell folders, and uploads of a folder, apart


class _Memory(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    documents: list[str] = Field(default_factory=list)
    sent: list[str] = Field(default_factory=list)


_MEMORIES: TypeAdapter[dict[str, _Memory]] = TypeAdapter(dict[str, _Memory])


class Brought:
    """The memory of one folder that is mirrored into one domain."""

    def __init__(self, home: Path, domain: str, folder: Path) -> None:
        self._path = home / SYNCED
        self._key = sha256(os.fsencode(f"{domain}\0{os.path.realpath(folder)}"))[:_KEY]

    def among(self, documents: Iterable[Document]) -> set[str]:
        """Return the ids of those of these documents that the folder brought."""
        mine = self._load().get(self._key, _Memory())
        known, sent = set(mine.documents), set(mine.sent)
        return {each.id for each in documents if each.id in known or _upload(each.external_id, each.sha256) in sent}

    def will_send(self, uploads: Iterable[tuple[str, str]]) -> None:
        """Note external ids that no document has, with the hashes of the bytes that are about to be sent."""
        memories = self._load()
        mine = memories.setdefault(self._key, _Memory())
        mine.sent = sorted({_upload(*each) for each in uploads})
        self._save(memories)

    def are(self, documents: Iterable[str], gone: Iterable[str]) -> None:
        """Note that the folder brought these documents, and that those are gone; what was to be sent is settled."""
        memories = self._load()  # again: another command may have written meanwhile
        before = memories.get(self._key, _Memory())
        after = _Memory(documents=sorted({*before.documents, *documents} - {*gone}))
        if after != before:
            self._save(memories | {self._key: after})

    def _load(self) -> dict[str, _Memory]:
        try:
            return _MEMORIES.validate_json(self._path.read_bytes())
        except (FileNotFoundError, ValidationError):
            return {}

    def _save(self, memories: dict[str, _Memory]) -> None:
        content = {key: memory.model_dump() for key, memory in memories.items() if memory != _Memory()}
        with tempfile.NamedTemporaryFile("w", dir=self._path.parent, prefix=SYNCED, delete=False) as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(self._path)


def _upload(external_id: str, digest: str) -> str:
    return sha256(f"{external_id}\0{digest}".encode())[:_KEY]
