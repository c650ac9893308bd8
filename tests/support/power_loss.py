"""What a disk still holds after a power loss: names of folders and contents of files as of their last synchronisation.

The strictest file system that the rules allow: nothing that was not synchronised is there, no name of a file whose
folder was not, no byte of a file that was not, and what was unlinked comes back. Contents are told apart by inode.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path


class Durable:
    """The durable state of a folder whose content was durable at the beginning."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: dict[int, bytes] = {}
        self._folders: dict[int, dict[str, int]] = {}
        for folder in (root, *root.rglob("*/")):
            self._folders[folder.stat().st_ino] = _names(folder)
        for path in root.rglob("*"):
            if path.is_file():
                self._files[path.stat().st_ino] = path.read_bytes()

    def synchronised(self, pid: int, descriptor: int) -> None:
        """Note that a process synchronises the file or folder that this descriptor of it stands for."""
        opened = Path(f"/proc/{pid}/fd/{descriptor}")
        if not opened.readlink().is_relative_to(self._root):
            return
        about = opened.stat()
        if stat.S_ISDIR(about.st_mode):
            self._folders[about.st_ino] = _names(opened)
            for name, number in self._folders[about.st_ino].items():
                if (opened / name).is_dir():
                    self._folders.setdefault(number, {})
        else:
            self._files[about.st_ino] = opened.read_bytes()

    def take_place(self) -> None:
        """Make the folder what a start after the power loss finds."""
        begin = self._root.stat().st_ino
        found = self._root.with_name("durable")
        self._write(begin, found)
        lost = self._root.with_name("lost")
        self._root.rename(lost)
        found.rename(self._root)
        _remove(lost)

    def _write(self, folder: int, target: Path) -> None:
        target.mkdir()
        for name, number in self._folders[folder].items():
            if number in self._folders:
                self._write(number, target / name)
            else:
                (target / name).write_bytes(self._files.get(number, b""))


def _names(folder: Path) -> dict[str, int]:
    return {entry.name: entry.inode() for entry in os.scandir(folder)}


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()
    folder.rmdir()
