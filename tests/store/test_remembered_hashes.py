"""Hashes that are remembered are those of the files as they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from store import remembered_hashes as module
from store.folder import hash_files
from store.remembered_hashes import remembered_hashes
from store.store import Store


def test_only_files_that_changed_are_read_again(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    for name in ("weights", "sub/config"):
        (folder / name).write_text(name)
    read: list[str] = []
    whole = module.file_sha256
    monkeypatch.setattr(module, "file_sha256", lambda path: read.append(path.name) or whole(path))
    monkeypatch.setattr(module, "_SETTLED_NS", 0)

    assert remembered_hashes(store, folder) == hash_files(folder)
    assert remembered_hashes(store, folder) == hash_files(folder)
    assert sorted(read) == ["config", "weights"]

    (folder / "weights").write_text("WEIGHTS")  # of the same size, and given its old time back
    os.utime(folder / "weights", ns=(0, 0))
    (folder / "sub" / "config").unlink()
    assert remembered_hashes(store, folder) == hash_files(folder)
    assert read[2:] == ["weights"]


def test_a_file_that_was_changed_a_moment_ago_is_read_again(store: Store, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    for text in ("one", "two", "six"):
        (tmp_path / "model" / "weights").write_text(text)
        assert remembered_hashes(store, tmp_path / "model") == hash_files(tmp_path / "model")
