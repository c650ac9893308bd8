"""Which file each document came from, so that a file keeps its external id and no other file takes it over.

The data folder keeps, per file that was ingested, a hash of domain and path with the id of its document: neither says
anything of a document that was deleted. It is the memory of the command line, not a truth of the store: without it a
file is taken by its external id alone, as one that was uploaded over HTTP.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from service.commands.console import at, read_file
from service.commands.files import File
from service.replies import Document, Page, read
from store.errors import ConflictError, InvalidInputError, TandemError
from store.identity import INGESTED
from store.ids import sha256

if TYPE_CHECKING:
    from service.client import Client

_KEY = 24  # hexadecimal digits that tell the files of a data folder apart
_FEW = 50  # documents that are asked for one by one; more are listed


class Sources:
    """The memory of one domain."""

    def __init__(self, home: Path, domain: str) -> None:
        self._path = home / INGESTED
        self._domain = domain
        self._known = self._load()

    def settle(
        self, server: Client, files: Sequence[File], *, rename: bool, fail: Callable[[str, TandemError], None] | None
    ) -> list[File]:
        """Return the files to upload; with `rename` one that is known keeps the external id of its document.

        One that would replace the document of another file by another content is left out, and `fail` hears of it;
        without `fail` it is taken, and the document is its own from now on.
        """
        if not self._known:
            return list(files)
        by_id = {document.id: document for document in self._documents(server, files)}
        by_name = {document.external_id: document for document in by_id.values()}
        owned = {self._known[key]: key for key in self._known}
        settled = []
        for file in files:
            key = self._key(file)
            mine = by_id.get(self._known.get(key, ""))
            if mine is not None and rename:
                settled.append(replace(file, external_id=mine.external_id))
                continue
            there = by_name.get(file.external_id)
            stranger = there is not None and owned.get(there.id, key) != key
            if fail is not None and stranger and there is not None and _differs(file, there):
                fail(file.external_id, _refusal(file))
            else:
                settled.append(file)
        return settled

    def remember(self, files: Iterable[File], ids: Mapping[str, str], *, take_over: bool) -> None:
        """Keep which document each file became, by external id; it keeps its first file unless `take_over`."""
        new = {self._key(file): ids[file.external_id] for file in files if file.external_id in ids}
        known = self._load()  # again: another command may have written meanwhile
        owned = set(known.values())
        kept = {key: value for key, value in known.items() if not (take_over and value in set(new.values()))}
        kept |= {key: value for key, value in new.items() if take_over or value not in owned}
        if kept != known:
            self._save(kept)

    def made(self, file: File, document_id: str) -> bool:
        """Return whether this document came from this file."""
        return self._known.get(self._key(file)) == document_id

    def _documents(self, server: Client, files: Sequence[File]) -> list[Document]:
        """Return the documents of the domain that these files may be, or simply all of them."""
        inside = at("domains", self._domain, "documents")
        if len(files) > _FEW:
            return list(server.pages(Document, inside))
        found: list[Document] = []
        for file in files:
            named = server.read(Page, "GET", inside, params={"external_id": file.external_id})
            found += [read(Document, each) for each in named.data]
            known = self._known.get(self._key(file))
            if known is not None and all(document.id != known for document in found):
                found += server.found(Document, f"{inside}/{known}")
        return found

    def _key(self, file: File) -> str:
        folder = os.path.realpath(file.path.parent)
        name = os.fsencode(f"{self._domain}\0{folder}{os.sep}{file.path.name}")
        return sha256(name)[:_KEY]

    def _load(self) -> dict[str, str]:
        try:
            content = json.loads(self._path.read_bytes())
        except (FileNotFoundError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def _save(self, known: Mapping[str, str]) -> None:
        with tempfile.NamedTemporaryFile("w", dir=self._path.parent, prefix=INGESTED, delete=False) as file:
            json.dump(known, file)
        Path(file.name).replace(self._path)


def _differs(file: File, document: Document) -> bool:
    try:
        return sha256(read_file(file.path)) != document.sha256
    except InvalidInputError:  # uploading it says so
        return False


def _refusal(file: File) -> ConflictError:
    message = (
        f"The document {file.external_id!r} came from another file, and {file.path} says something else. "
        "--replace takes this file for its new version; --root FOLDER gives it an external id of its own."
    )
    return ConflictError(message, code="another_source", param="external_id")
