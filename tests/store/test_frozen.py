"""Checking beside a writer, on a folder that may not be written, of an older version, and of a damaged database."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from earlier import as_before_markers, content
from fakes import HashEncoder
from writing import PASSAGE_SET, put

from retriever.index.domain_index import DomainIndex, View
from retriever.index.verification import verify_folder, verify_indexes
from store.documents import delete_document
from store.domains import Domain, create_domain
from store.errors import FolderError, ReadOnlyError
from store.frozen import open_frozen
from store.store import Store
from store.verify import verify_store


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A closed data folder with two documents and a checkpoint of their index."""
    store = Store.open(tmp_path / "home")
    domain = create_domain(store, "handbook", {})
    for name in ("a", "b"):
        put(store, domain.id, name, "\n".join(f"{name} {line}" for line in range(30)))
    index = DomainIndex(store, View(domain.id, PASSAGE_SET, HashEncoder.space_id, HashEncoder.dimension), 1_000)
    index.follow()
    index.checkpoint()
    index.close()
    store.close()
    return tmp_path / "home"


@pytest.fixture
def read_only(home: Path) -> Iterator[Path]:
    """The folder on a disk that may not be written."""
    bound = subprocess.run(["mount", "--bind", str(home), str(home)], capture_output=True, check=False)
    if bound.returncode:
        pytest.skip(reason="only root can make a disk read-only")
    subprocess.run(["mount", "-o", "remount,ro,bind", str(home)], check=True)
    yield home
    subprocess.run(["umount", "-l", str(home)], check=True)


def test_a_store_that_eight_write_meanwhile_is_sound_at_every_look(store: Store, domain: Domain) -> None:
    done = threading.Event()

    def write(client: int) -> None:
        number = 0
        while not done.is_set():
            document = put(store, domain.id, f"document {client} {number % 4}", f"one {number}\ntwo {number}")
            if number % 3 == 0:
                delete_document(store, domain.id, document.id)
            number += 1

    writers = [threading.Thread(target=write, args=(client,)) for client in range(8)]
    for writer in writers:
        writer.start()
    try:
        found = [verify_store(store) + verify_folder(store.folder.root) for _ in range(6)]
    finally:
        done.set()
        for writer in writers:
            writer.join()

    assert found == [[]] * 6


def test_a_check_changes_no_file(home: Path) -> None:
    before = content(home)

    assert verify_folder(home) == []

    assert content(home) == before


def test_a_folder_that_may_not_be_written_can_be_checked(read_only: Path) -> None:
    assert verify_folder(read_only) == []
    with pytest.raises(ReadOnlyError, match=r"cannot be (opened or )?written"):
        Store.open(read_only)


def test_what_is_only_in_the_write_ahead_log_is_checked_too(home: Path, tmp_path: Path) -> None:
    store = Store.open(home)
    create_domain(store, "later", {})  # committed, and not yet moved into the database
    shutil.copytree(home, tmp_path / "copy")
    store.close()

    with open_frozen(tmp_path / "copy") as frozen, frozen.database.read() as connection:
        names = connection.exec_driver_sql("SELECT name FROM domains ORDER BY name").scalars().all()

    assert names == ["handbook", "later"]


def test_a_folder_of_an_older_version_is_checked_and_left_as_it_is(home: Path) -> None:
    as_before_markers(home)
    before = content(home)

    assert verify_folder(home) == []

    assert content(home) == before


def test_a_frozen_store_cannot_be_written(home: Path) -> None:
    with open_frozen(home) as store, pytest.raises(ReadOnlyError):
        create_domain(store, "no", {})
    with pytest.raises(FolderError, match="is no data folder"), open_frozen(home / "blobs"):
        pass


def _zero(path: Path, begin: float, pages: int) -> None:
    with path.open("r+b") as file:
        file.seek(int(path.stat().st_size * begin) // 4096 * 4096)
        file.write(bytes(4096 * pages))


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: _zero(path, 0.4, 1),
        lambda path: _zero(path, 0.1, 12),
        lambda path: os.truncate(path, path.stat().st_size // 2),
        lambda path: path.write_bytes(b"garbage garbage " + path.read_bytes()[16:]),
    ],
    ids=["one page", "many pages", "truncated", "header"],
)
def test_a_damaged_database_is_a_problem_and_no_failure(home: Path, damage: Callable[[Path], object]) -> None:
    damage(home / "tandem.db")

    problems = verify_folder(home)

    assert any(problem.startswith("database: ") for problem in problems), problems


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: next(folder.glob("*/vectors/*.faiss")).write_bytes(b"x"),
        lambda folder: next(folder.glob("*/words/meta.json")).unlink(),
        lambda folder: next(folder.glob("*/MANIFEST.json")).write_text("{}"),
        lambda folder: shutil.rmtree(next(folder.iterdir())),
    ],
    ids=["vectors", "words", "manifest", "folder"],
)
def test_a_damaged_index_is_a_problem(home: Path, damage: Callable[[Path], object]) -> None:
    damage(home / "indexes")

    (problem,) = verify_folder(home)

    assert problem.startswith("index of dom_")
    assert str(home) not in problem


def test_an_index_that_is_not_what_the_database_has_is_a_problem(home: Path) -> None:
    store = Store.open(home)
    with store.database.write() as connection:  # as if the log had not been written
        connection.exec_driver_sql("DELETE FROM passages WHERE text = 'a 3'")

    problems = verify_indexes(store)
    store.close()

    assert [problem.split(": ")[1] for problem in problems] == [
        "dense has 60 texts, live are 59",
        "lexical has 60 texts, live are 59",
    ]
