"""The data folder: writes that are whole or absent, published folders, and the lock."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from writing import write_adapter

from store.errors import DamagedError, FolderInUseError
from store.folder import MANIFEST, DataFolder, check_published
from store.ids import sha256

_HOLD_THE_LOCK = """
import os, sys, pathlib
from store.folder import DataFolder
with DataFolder.open(pathlib.Path(sys.argv[1])).lock({"pid": os.getpid(), "host": "here"}):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder.open(tmp_path / "home")


@pytest.fixture
def holder(folder: DataFolder) -> Iterator[subprocess.Popen[str]]:
    """Another process that owns the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD_THE_LOCK, str(folder.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_opening_creates_what_is_missing(folder: DataFolder) -> None:
    (folder.root / "blobs").rmdir()

    assert DataFolder.open(folder.root) == folder
    assert {path.name for path in folder.root.iterdir()} == {"blobs", "indexes", "artifacts", "tmp", "aside"}


def test_a_blob_is_found_under_its_hash_and_stored_once(folder: DataFolder) -> None:
    [digest] = folder.write_blobs([b"content"])
    first = folder.blob(digest).stat().st_ino

    assert folder.write_blobs([b"content", b"content"]) == [digest, digest] == [sha256(b"content")] * 2
    assert folder.blob(digest).read_bytes() == b"content"
    assert folder.blob(digest).stat().st_ino == first
    assert list((folder.root / "tmp").iterdir()) == []


def test_a_file_is_replaced_as_a_whole(folder: DataFolder) -> None:
    target = folder.root / "file"
    folder.write_file(target, b"old")
    with target.open("rb") as reader:
        folder.write_file(target, b"new and longer")

        assert reader.read() == b"old"
    assert target.read_bytes() == b"new and longer"
    assert list((folder.root / "tmp").iterdir()) == []


def test_a_published_folder_has_a_manifest_with_the_hash_of_every_file(folder: DataFolder) -> None:
    def fill(staging: Path) -> None:
        (staging / "sub").mkdir()
        (staging / "sub" / "b.bin").write_bytes(b"b")
        (staging / "a.bin").write_bytes(b"a")

    target = folder.artifacts / "mdl_1"
    digest = folder.publish(target, fill, {"kind": "adapter"})

    assert sha256((target / MANIFEST).read_bytes()) == digest
    assert check_published(target, digest) == {
        "kind": "adapter",
        "files": {"a.bin": sha256(b"a"), "sub/b.bin": sha256(b"b")},
    }
    assert list((folder.root / "tmp").iterdir()) == []


def test_a_folder_whose_filling_fails_is_not_published(folder: DataFolder) -> None:
    def fill(staging: Path) -> None:
        (staging / "a.bin").write_bytes(b"a")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        folder.publish(folder.artifacts / "mdl_1", fill, {})

    assert list(folder.artifacts.iterdir()) == []


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda folder: (folder / "adapter_config.json").write_text('{"r": 9}'), "adapter_config.json"),
        (lambda folder: (folder / "adapter_model.safetensors").unlink(), "adapter_model.safetensors"),
        (lambda folder: (folder / "extra.py").write_text("import os"), "extra.py"),
        (lambda folder: ((folder / "sub").mkdir(), (folder / "sub" / MANIFEST).write_text("{}")), f"sub/{MANIFEST}"),
        (lambda folder: (folder / MANIFEST).write_text('{"files": {}}'), MANIFEST),
        (lambda folder: (folder / MANIFEST).unlink(), MANIFEST),
    ],
    ids=["changed", "missing", "extra", "nested manifest", "manifest changed", "manifest missing"],
)
def test_a_published_folder_that_was_changed_is_reported_as_damaged(
    folder: DataFolder, damage: Callable[[Path], object], named: str
) -> None:
    target = folder.artifacts / "mdl_1"
    digest = folder.publish(target, write_adapter, {})
    damage(target)

    with pytest.raises(DamagedError, match=named):
        check_published(target, digest)


def test_a_removed_artifact_leaves_nothing(folder: DataFolder) -> None:
    target = folder.artifacts / "mdl_1"
    folder.publish(target, write_adapter, {})

    folder.remove_published(target)

    assert not target.exists()
    assert list((folder.root / "tmp").iterdir()) == []


def test_the_lock_refuses_a_second_process_at_once_and_names_the_first(
    folder: DataFolder, holder: subprocess.Popen[str]
) -> None:
    begun = time.monotonic()
    with pytest.raises(FolderInUseError, match=str(holder.pid)), folder.lock({}):
        pass

    assert time.monotonic() - begun < 1
    assert folder.owner() == {"pid": holder.pid, "host": "here"}


def test_the_lock_is_free_once_its_owner_was_killed(folder: DataFolder, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()

    assert folder.owner() is None
    with folder.lock({"pid": 1}):
        assert folder.owner() == {"pid": 1}
    assert folder.owner() is None


def test_taking_the_lock_clears_what_a_crash_left_in_the_temporary_folder(folder: DataFolder) -> None:
    folder.temporary().write_text("half a file")
    half = folder.temporary()
    half.mkdir()
    (half / "file").write_text("half a folder")
    outside = folder.root / "notes.txt"
    outside.write_text("kept")
    folder.temporary().symlink_to(outside)
    foreign = folder.root / "tmp" / "mine"
    foreign.mkdir()

    with folder.lock({}):
        assert list((folder.root / "tmp").iterdir()) == [foreign]
    assert outside.read_text() == "kept"
