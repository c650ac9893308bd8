"""Opening a folder changes nothing that is not Tandem's, and nothing at all where the database is not the right one."""

from __future__ import annotations

import json
import shutil
import stat
from contextlib import closing
from pathlib import Path

import pytest
from earlier import as_before_markers, content
from writing import put

from store.documents import list_documents
from store.domains import create_domain, list_domains
from store.errors import DamagedError, FolderError, InvalidInputError, TandemError
from store.folder import DataFolder
from store.recovery import recover
from store.sqlite import sqlite_driver
from store.store import Store
from store.verify import verify_store


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A closed data folder with a document in it."""
    place = tmp_path / "home"
    store = Store.open(place)
    put(store, create_domain(store, "handbook", {}).id, "a", "one")
    store.close()
    return place


@pytest.mark.parametrize(
    "names",
    [
        ["artifacts/run1/model.bin", "tmp/mine/x", "indexes/old/x", "blobs/x"],
        ["artifacts/run1/model.bin"],
        ["tmp/tmp_aaaaaaaaaaaaaaaaaaaa"],
        ["indexes/x"],
        ["src/main.py", "README.md"],
        [".git/config"],
    ],
    ids=lambda names: names[0],
)
def test_a_folder_of_something_else_is_refused_and_left_as_it_is(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(FolderError, match=r"is not empty and is no data folder.*--home "):
        Store.open(tmp_path)

    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["lost+found", "tandem.toml", ".DS_Store"])
def test_what_every_new_disk_or_a_look_leaves_behind_does_not_count(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()

    Store.open(tmp_path).close()

    assert (tmp_path / "TANDEM").is_file()


@pytest.mark.parametrize("marked", [True, False], ids=["marker", "no marker"])
@pytest.mark.parametrize("state", ["missing", "empty", "without tables"])
def test_a_folder_that_lost_its_database_is_refused_and_left_as_it_is(home: Path, state: str, marked: bool) -> None:
    (home / "tandem.db").unlink()
    if not marked:
        (home / "TANDEM").unlink()
    if state == "empty":
        (home / "tandem.db").touch()
    if state == "without tables":
        with closing(sqlite_driver().connect(home / "tandem.db")) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA user_version=0")
        if not (home / "tandem.db").stat().st_size:
            pytest.fail("the database without tables has no page")
    before = content(home)

    with pytest.raises(FolderError, match=r"has lost its database.*Put tandem.db back"):
        Store.open(home)

    assert content(home) == before


def test_a_damaged_database_is_not_taken_for_a_new_one(home: Path) -> None:
    (home / "tandem.db").write_bytes(b"not a database" * 500)
    before = content(home)

    with pytest.raises(DamagedError, match="The database is damaged"):
        Store.open(home)

    assert content(home) == before


def test_the_database_of_another_folder_is_refused(home: Path, tmp_path: Path) -> None:
    Store.open(tmp_path / "other").close()
    shutil.copy(tmp_path / "other" / "tandem.db", home / "tandem.db")
    before = content(home)

    with pytest.raises(FolderError, match="is the database of another data folder"):
        Store.open(home)

    assert content(home) == before


def test_a_database_of_something_else_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    with closing(sqlite_driver().connect(tmp_path / "tandem.db")) as connection:
        connection.execute("CREATE TABLE mine (x)")
    before = content(tmp_path)

    with pytest.raises(FolderError, match="is a database, but not one of Tandem"):
        Store.open(tmp_path)

    assert content(tmp_path) == before


def test_a_database_of_a_newer_version_is_refused(home: Path) -> None:
    with closing(sqlite_driver().connect(home / "tandem.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()

    with pytest.raises(FolderError, match=r"has the schema 9999; this version of Tandem knows 0001 to"):
        Store.open(home)


@pytest.mark.parametrize(
    ("marker", "reason"),
    [('{"format": 2, "id": "hom_1"}', "has the format 2"), ("", "cannot be read"), ("[]", "cannot be read")],
)
def test_a_marker_that_this_version_does_not_know_is_refused(home: Path, marker: str, reason: str) -> None:
    (home / "TANDEM").write_text(marker)

    with pytest.raises(FolderError, match=reason):
        Store.open(home)


def test_a_folder_of_a_version_without_markers_is_adopted_with_all_that_is_in_it(home: Path) -> None:
    as_before_markers(home)
    originals = content(home / "blobs")

    store = Store.open(home)
    recover(store)

    assert json.loads((home / "TANDEM").read_bytes())["format"] == 1
    assert [domain.name for domain in list_domains(store)] == ["handbook"]
    assert content(home / "blobs") == originals
    assert verify_store(store) == []
    store.close()
    Store.open(home).close()


def test_an_older_database_of_the_same_folder_may_be_put_back(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home, tmp_path / "old")
    as_before_markers(tmp_path / "old")
    shutil.copy(tmp_path / "old" / "tandem.db", home / "tandem.db")

    store = Store.open(home)

    assert [domain.name for domain in list_domains(store)] == ["handbook"]
    store.close()


def test_a_file_or_the_inside_of_another_data_folder_is_no_place_for_one(home: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for place, reason in ((tmp_path / "file", "is a file"), (home / "artifacts" / "new", "lies inside artifacts of")):
        with pytest.raises(FolderError, match=reason):
            Store.open(place)

    Store.open(home / "elsewhere").close()  # a foreign name is none of ours
    assert (home / "elsewhere" / "TANDEM").is_file()


def test_foreign_files_in_a_data_folder_stay_where_they_are(home: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    foreign = [
        "notes.txt",
        "artifacts/run1/model.bin",
        "tmp/mine/x",
        "indexes/old/x",
        "blobs/x",
        "blobs/ab/x",
        "aside/x",
    ]
    for name in foreign:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(name)
    (outside / ("cd" * 32)).write_text("named like an original")
    (home / "blobs" / "cd").symlink_to(outside)

    store = Store.open(home)
    for _ in range(3):
        with store.folder.lock({}):
            recover(store)
    store.close()

    assert [(home / name).read_text() for name in foreign] == foreign
    assert (outside / ("cd" * 32)).read_text() == "named like an original"


def test_nobody_else_can_read_a_data_folder(home: Path) -> None:
    def rights(*names: str) -> list[int]:
        return [stat.S_IMODE((home / name).stat().st_mode) & 0o077 for name in names]

    assert rights("", "blobs", "tandem.db", "TANDEM") == [0, 0, 0, 0]
    home.chmod(0o755)
    (home / "tandem.db").chmod(0o644)

    Store.open(home).close()

    assert rights("", "tandem.db") == [0, 0]


def test_every_refusal_is_wrong_use_but_damage_is_not() -> None:
    errors: list[TandemError] = [FolderError("x"), DamagedError("x")]
    assert [isinstance(error, InvalidInputError) for error in errors] == [True, False]


def test_a_tilde_in_the_name_is_the_users_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    assert DataFolder.open(Path("~/data")).root == tmp_path / "data"


def test_a_first_start_that_was_interrupted_is_finished_by_the_next(tmp_path: Path) -> None:
    with closing(sqlite_driver().connect(tmp_path / "tandem.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA cache_size=1")
        connection.execute("BEGIN")
        connection.execute("CREATE TABLE domains (x)")
        connection.execute("INSERT INTO domains VALUES (zeroblob(200000))")  # more than fits: it is in the log already
        shutil.copytree(tmp_path, tmp_path.parent / "killed")

    assert (tmp_path.parent / "killed" / "tandem.db-wal").stat().st_size > 0
    Store.open(tmp_path.parent / "killed").close()

    assert (tmp_path.parent / "killed" / "TANDEM").is_file()


def test_what_a_dead_process_left_half_written_is_undone_and_the_folder_opens(home: Path, tmp_path: Path) -> None:
    with closing(sqlite_driver().connect(home / "tandem.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA cache_size=1")  # so that pages are written before the transaction ends
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE documents SET title = 'half written'")
        for number in range(200):
            connection.execute("INSERT INTO properties VALUES (?, ?)", (f"filler {number}", "x" * 1000))
        copied = tmp_path / "dead"
        shutil.copytree(home, copied)
        connection.rollback()
    assert (copied / "tandem.db-journal").stat().st_size > 0

    store = Store.open(copied)

    (domain,) = list_domains(store)
    assert [document.title for document in list_documents(store, domain.id)] == ["a"]
    assert verify_store(store) == []
    store.close()
