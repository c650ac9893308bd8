"""A disk that is full: writes are refused early and say so, reading goes on, deleting works, and room heals it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes import HashEncoder
from writing import PASSAGE_SET, put, searchable, take

from retriever.index.domain_index import View
from retriever.index.open_indexes import OpenIndexes
from store.datasets import create_dataset
from store.documents import Document, delete_document, list_documents, read_original
from store.domains import Domain, create_domain, delete_domain, list_domains
from store.errors import StorageFullError
from store.ids import sha256
from store.recovery import recover
from store.store import Store
from store.verify import verify_store


@dataclass
class Disk:
    """A small disk of its own, with a data folder on it."""

    place: Path

    @property
    def home(self) -> Path:
        return self.place / "home"

    def fill(self) -> None:
        """Let somebody else write until nothing fits any more."""
        with (self.place / "filler").open("ab") as file:
            for size in (65_536, 4_096, 1):
                try:
                    while True:
                        os.write(file.fileno(), bytes(size))
                except OSError:
                    continue

    def empty(self) -> None:
        (self.place / "filler").unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(reason="only root can mount a small disk")
    yield Disk(place)
    subprocess.run(["umount", "-l", str(place)], check=True)


def owned(home: Path) -> Iterator[tuple[Store, Domain]]:
    """Give the store as a server has it: locked and recovered."""
    store = Store.open(home)
    with store.folder.lock({"command": "test"}):
        recover(store)
        domain = next(iter(list_domains(store)), None) or create_domain(store, "handbook", {})
        yield store, domain
    store.close()


def fill_with_documents(store: Store, domain: Domain) -> dict[str, bytes]:
    """Upload until the disk is called full; return what was acknowledged, by external id."""
    kept: dict[str, bytes] = {}
    for number in range(1_000):
        text = "\n".join(f"{number} {line} {sha256(str(line))}" for line in range(700))
        name = f"document {number}"
        try:
            document = take(store, domain.id, name, text)
            kept[name] = text.encode()
            put(store, domain.id, document.external_id, text)
        except StorageFullError:
            return kept
    pytest.fail("the disk never was full")


def test_what_was_acknowledged_is_there_and_everything_can_be_deleted(disk: Disk) -> None:
    for store, domain in owned(disk.home):
        kept = fill_with_documents(store, domain)
        disk.fill()
        found: list[Document] = list_documents(store, domain.id)
        assert {document.external_id: read_original(store, document) for document in found} == kept
        assert store.folder.space.shortage() is not None

        for document in found[:3]:
            disk.fill()  # somebody else takes at once what a deletion sets free
            delete_document(store, domain.id, document.id)
        assert len(list_documents(store, domain.id)) == len(found) - 3
        assert verify_store(store) == []
        disk.fill()
        delete_domain(store, domain.name)
        assert list_domains(store) == []
        assert list((store.folder.root / "blobs").glob("??/*")) == []

        disk.empty()
        again = create_domain(store, "again", {})
        put(store, again.id, "a", "one")
        assert store.folder.space.shortage() is None
        assert searchable(store, again) == {"one"}
        assert verify_store(store) == []
        assert (disk.home / "BALLAST").is_file()


def test_a_start_on_a_full_disk_can_search_and_delete(disk: Disk) -> None:
    for store, domain in owned(disk.home):
        put(store, domain.id, "a", "one\ntwo")
        put(store, domain.id, "b", "three")
    disk.fill()

    for store, domain in owned(disk.home):
        with pytest.raises(StorageFullError, match="Delete documents or domains"):
            take(store, domain.id, "c", "four")
        with pytest.raises(StorageFullError):
            create_dataset(store, domain.id, "set", "qa", "human", [])
        indexes = OpenIndexes(store, checkpoint_every=1_000)
        assert len(indexes.get(_view(domain.id)).ids()) == 3
        delete_document(store, domain.id, list_documents(store, domain.id)[0].id)
        indexes.follow_domain(domain.id)
        disk.empty()
        indexes.follow()
        assert len(indexes.get(_view(domain.id)).ids()) == 2
        take(store, domain.id, "c", "four")
        indexes.close(checkpoint=True)
        assert verify_store(store) == []


def test_a_command_on_a_full_disk_ends_with_one_line(disk: Disk) -> None:
    """Even the reserve is gone: nothing can begin, and the command says why."""
    Store.open(disk.home).close()
    disk.fill()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TANDEM_HOME": str(disk.home)}
    words = [sys.executable, "-m", "service.cli", "domain", "list"]

    ended = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, cwd=disk.place)

    assert ended.returncode == 1
    assert ended.stderr.startswith("Error: ")
    assert "full" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def _view(domain_id: str) -> View:
    return View(domain_id, PASSAGE_SET, HashEncoder.space_id, HashEncoder.dimension)
