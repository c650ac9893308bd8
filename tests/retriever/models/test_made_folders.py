"""Folders of the cache: whole or not there."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from retriever.models.made_folders import check_made, is_whole, make_folder
from store.errors import DamagedError, StorageFullError
from store.folder import MANIFEST, hash_files


def _fill(content: bytes) -> object:
    def fill(staging: Path) -> None:
        (staging / "inside").mkdir()
        (staging / "inside" / "a").write_bytes(content)

    return fill


def test_a_folder_is_made_once_with_readable_files(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "made", _fill(b"first"), {"about": "it"})  # type: ignore[arg-type]
    make_folder(tmp_path / "made", _fill(b"second"), {})  # type: ignore[arg-type]

    assert (folder / "inside" / "a").read_bytes() == b"first"
    assert (folder / "inside" / "a").stat().st_mode & 0o777 == 0o644
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_a_failure_leaves_nothing_and_a_full_disk_says_so(tmp_path: Path) -> None:
    def fail(staging: Path) -> None:
        (staging / "half").write_bytes(b"x")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(StorageFullError, match=r"There is no room in .* MB are free"):
        make_folder(tmp_path / "made", fail, {})

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("harm", ["shorter", "missing", "no manifest", "no JSON"])
def test_what_is_not_whole_is_seen_and_replaced(tmp_path: Path, harm: str) -> None:
    folder = make_folder(tmp_path / "made", _fill(b"first"), {})  # type: ignore[arg-type]
    assert is_whole(folder)
    path = folder / ("inside/a" if harm in {"shorter", "missing"} else MANIFEST)
    if harm in {"shorter", "no JSON"}:
        path.write_bytes(b"{")
    else:
        path.unlink()

    assert not is_whole(folder)
    make_folder(folder, _fill(b"second"), {})  # type: ignore[arg-type]
    assert (folder / "inside" / "a").read_bytes() == b"second"


def test_a_change_that_keeps_the_length_is_found_by_its_hash(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "made", _fill(b"first"), {})  # type: ignore[arg-type]
    check_made(folder, hash_files(folder))
    (folder / "inside" / "a").write_bytes(b"tsrif")

    with pytest.raises(DamagedError, match=r"differs from its MANIFEST\.json in inside/a"):
        check_made(folder, hash_files(folder))


def test_a_folder_that_was_not_made_here_has_nothing_to_compare(tmp_path: Path) -> None:
    check_made(tmp_path, {})
