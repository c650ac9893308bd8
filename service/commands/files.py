"""Which files an upload takes, under which external ids, and which it leaves out for what reason.

A file's external id is its path inside the folder that was named, or its name if it was named itself; with a root, its
path inside that. Two files never share one: the call is refused.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import typer

from retriever.documents.blocks import UnreadableError
from retriever.documents.formats.table import format_of_file

_PATHS = "PATHS"


@dataclass(frozen=True)
class Choice:
    """What is taken from a folder beside its plain files."""

    hidden: bool = False
    links: bool = False
    root: Path | None = None


@dataclass(frozen=True)
class File:
    """A file to upload."""

    external_id: str
    path: Path


@dataclass(frozen=True)
class LeftOut:
    """A file or folder that is not taken, and why: its ending, what it is, or what reading it met."""

    path: Path
    reason: str


@dataclass
class Gathered:
    """The files to upload, in the order in which they were named; what was skipped; and what could not be read."""

    files: list[File] = field(default_factory=list)
    skipped: list[LeftOut] = field(default_factory=list)
    failed: list[LeftOut] = field(default_factory=list)

    def summary(self) -> str:
        """Return how many were skipped and why: `2 files skipped: 1 .pdf, 1 .png`."""
        reasons = sorted(Counter(each.reason for each in self.skipped).items(), key=lambda item: (-item[1], item[0]))
        counts = ", ".join(f"{count} {reason}" for reason, count in reasons)
        return f"{len(self.skipped)} {'file' if len(self.skipped) == 1 else 'files'} skipped: {counts}"


def gather(paths: Sequence[Path], choice: Choice) -> Gathered:
    """Return the files that these paths name, the files of a folder in alphabetical order.

    Raises `BadParameter` if two of them would get the same external id, or one lies outside the root.
    """
    gathered = Gathered()
    by_id: dict[str, Path] = {}
    taken: set[str] = set()
    for path in paths:
        for file in _named(path, choice, gathered):
            place = os.path.abspath(file.path)  # noqa: PTH100  (`resolve` would follow links)
            if place in taken:
                continue
            other = by_id.setdefault(file.external_id, file.path)
            if other is not file.path:
                raise typer.BadParameter(
                    f"{other} and {file.path} would both get the external id {file.external_id!r}, and the second "
                    "would replace the first. With --root FOLDER each gets its path inside that folder.",
                    param_hint=_PATHS,
                )
            taken.add(place)
            gathered.files.append(file)
    return gathered


def _named(path: Path, choice: Choice, gathered: Gathered) -> Iterator[File]:
    """Yield what one path of the command line names; a file that is named itself is taken, whatever its ending."""
    if path.is_dir():
        for found in _walk(path, choice, gathered, frozenset()):
            yield File(_inside(found, choice.root or path), found)
    elif path.is_file():
        yield File(_inside(path, choice.root) if choice.root else path.name, path)
    else:
        gathered.failed.append(LeftOut(path, "It is neither a file nor a folder; write it into a file first."))


def _inside(path: Path, root: Path) -> str:
    # Not resolved: what is named through a link keeps the name that the user sees.
    inside = Path(os.path.relpath(path, root))
    if inside.parts[0] == os.pardir:
        raise typer.BadParameter(f"{path} lies outside the root {root}.", param_hint="--root")
    return inside.as_posix()


def _walk(folder: Path, choice: Choice, gathered: Gathered, above: frozenset[tuple[int, int]]) -> Iterator[Path]:
    """Yield the files below a folder; `above` are the folders that it is in, so that no link leads round."""
    try:
        status = folder.stat()
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        gathered.failed.append(LeftOut(folder, f"It cannot be read: {error.strerror}."))
        return
    identity = (status.st_dev, status.st_ino)
    if identity in above:
        gathered.skipped.append(LeftOut(folder, "link to a folder above"))
        return
    for entry in entries:
        reason = _unwanted(entry, choice)
        if reason:
            gathered.skipped.append(LeftOut(folder / entry.name, reason))
        elif entry.is_dir():
            yield from _walk(folder / entry.name, choice, gathered, above | {identity})
        else:
            yield folder / entry.name


def _unwanted(entry: os.DirEntry[str], choice: Choice) -> str:
    """Return why an entry of a folder is skipped, or an empty text."""
    if entry.name.startswith(".") and not choice.hidden:
        return "hidden folder" if entry.is_dir(follow_symlinks=False) else "hidden"
    if entry.is_symlink() and not choice.links:
        return "symbolic link"
    try:
        is_folder, is_file = entry.is_dir(), entry.is_file()
    except OSError:  # a link to itself
        is_folder = is_file = False
    if is_folder:
        return ""
    if not is_file:
        return "broken link" if entry.is_symlink() else "special file"
    try:
        format_of_file(entry.name)
    except UnreadableError:
        return Path(entry.name).suffix.lower() or "without ending"
    return ""
