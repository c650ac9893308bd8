"""What mirroring a folder has to do: which files to send, which documents to rename, to delete, to leave alone."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from service.commands.files import File, Gathered
from service.replies import Document
from store.errors import ConflictError, TandemError
from store.folder import file_sha256

_FEW = 10  # deletions that are never many
_SETTLED_S = 2.0  # a file may be written again within the clock tick of its last change


@dataclass(frozen=True)
class Rename:
    """A document whose file has another name now."""

    document: Document
    file: File


@dataclass
class Plan:
    """What to do. `adopted` are documents that are the folder's own from now on, though it did not bring them."""

    new: list[File] = field(default_factory=list)
    changed: list[File] = field(default_factory=list)
    renamed: list[Rename] = field(default_factory=list)
    deleted: list[Document] = field(default_factory=list)
    kept: list[Document] = field(default_factory=list)  # their files cannot be read, or too many would be deleted
    unchanged: list[Document] = field(default_factory=list)
    adopted: list[Document] = field(default_factory=list)
    refused: list[tuple[str, TandemError]] = field(default_factory=list)
    too_many: TandemError | None = None


@dataclass(frozen=True)
class Rules:
    """How far a mirroring may go."""

    take_over: bool = False  # of documents that the folder did not bring
    delete_many: bool = False
    retry: bool = True  # files whose document failed, though their bytes are the same


class Hashes:
    """The SHA-256 of files, remembered as long as a look at a file finds it unchanged."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[tuple[int, int, int], str]] = {}

    def of(self, path: Path, limit: int) -> str:
        """Return the hash of a file, or an empty text if it is too large to be sent; raises `OSError`."""
        status = path.stat()
        if status.st_size > limit:
            return ""
        look = (status.st_size, status.st_mtime_ns, status.st_ino)
        known = self._known.get(path)
        if known is not None and known[0] == look:
            return known[1]
        digest = file_sha256(path)
        if time.time() - status.st_mtime > _SETTLED_S:
            self._known[path] = (look, digest)
        return digest


def unreadable_places(gathered: Gathered, root: Path) -> list[PurePosixPath]:
    """Return the external ids of what is there and cannot be looked into: folders, files and links."""
    blind = [*gathered.failed, *(each for each in gathered.skipped if each.reason == "broken link")]
    return [PurePosixPath(os.path.relpath(each.path, root)) for each in blind]


def plan(
    files: Mapping[File, str],
    documents: Sequence[Document],
    mine: set[str],
    blind: Sequence[PurePosixPath],
    rules: Rules,
) -> Plan:
    """Return what makes the documents of a domain that are `mine` those of the files, given with their hashes.

    `blind` are places that cannot be read: what came from there stays.
    """
    found = Plan()
    by_name = {document.external_id: document for document in documents}
    for file, digest in files.items():
        there = by_name.get(file.external_id)
        if there is None:
            found.new.append(file)
        else:
            _compare(found, file, digest, there, there.id in mine, rules)
    names = {file.external_id for file in files}
    gone = [document for document in documents if document.id in mine and document.external_id not in names]
    found.kept = [each for each in gone if any(PurePosixPath(each.external_id).is_relative_to(p) for p in blind)]
    _find_renamed(found, [each for each in gone if each not in found.kept], files)
    _limit_deletions(found, len(mine), rules, nothing_left=not files)
    return found


def _compare(found: Plan, file: File, digest: str, there: Document, own: bool, rules: Rules) -> None:
    """Note what is to be done with a file whose external id a document has."""
    same = there.sha256 == digest
    if not own and rules.take_over:
        found.adopted.append(there)
    elif not own and not same:
        found.refused.append((file.external_id, _refusal(file)))
        return
    if same and not (rules.retry and there.status == "failed"):
        found.unchanged.append(there)
    else:
        found.changed.append(file)


def _find_renamed(found: Plan, gone: Sequence[Document], files: Mapping[File, str]) -> None:
    """Pair documents whose file is gone with new files of the same bytes, first those of the same file name."""
    left: dict[str, list[Document]] = defaultdict(list)
    for document in gone:
        left[document.sha256].append(document)
    for same_name in (True, False):
        for file in list(found.new):
            candidates = left.get(files[file], [])
            name = _name(file.external_id)
            fitting = [each for each in candidates if not same_name or _name(each.external_id) == name]
            if fitting:
                candidates.remove(fitting[0])
                found.new.remove(file)
                found.renamed.append(Rename(fitting[0], file))
    found.deleted = [document for document in gone if document in left[document.sha256]]


def _limit_deletions(found: Plan, brought: int, rules: Rules, *, nothing_left: bool) -> None:
    many = nothing_left or len(found.deleted) > max(_FEW, brought // 2)
    if not found.deleted or not many or rules.delete_many:
        return
    message = (
        f"{len(found.deleted)} of the {brought} documents that this folder brought have no file any more; none was "
        "deleted. If the folder is complete and not a disk that is missing, --delete-many deletes them."
    )
    found.too_many = ConflictError(message, code="many_deletions", param="folder")
    found.kept += found.deleted
    found.deleted = []


def hashed(files: Iterable[File], hashes: Hashes, limit: int) -> tuple[dict[File, str], list[tuple[File, OSError]]]:
    """Return the files with their hashes, and those that cannot be read."""
    found: dict[File, str] = {}
    failed: list[tuple[File, OSError]] = []
    for file in files:
        try:
            found[file] = hashes.of(file.path, limit)
        except OSError as error:
            failed.append((file, error))
    return found, failed


def _name(external_id: str) -> str:
    return PurePosixPath(external_id).name


def _refusal(file: File) -> ConflictError:
    message = (
        f"The document {file.external_id!r} was not brought by this folder, and {file.path} says something else. "
        "--replace takes this file for its new version; --root FOLDER gives it an external id of its own."
    )
    return ConflictError(message, code="another_source", param="external_id")
