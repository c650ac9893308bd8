"""What no row names is moved aside, comes back when a row names it, and goes after a time; deleted files go."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from writing import put, take, tune

from store import schema
from store.aside import GRACE_S, GRACE_STARTS
from store.documents import delete_document, get_document
from store.domains import Domain, create_domain, delete_domain
from store.folder import DataFolder
from store.models import delete_model
from store.recovery import recover
from store.removals import note_removals
from store.store import Store
from store.verify import verify_store


def asides(store: Store, name: str) -> list[Path]:
    return list(store.folder.aside.rglob(name))


def test_an_original_that_no_row_names_is_moved_aside_and_kept(store: Store, domain: Domain) -> None:
    [digest] = store.folder.write_blobs([b"left by a crash"])

    for _ in range(GRACE_STARTS + 2):
        recover(store)

    assert not store.folder.blob(digest).exists()
    assert [path.read_bytes() for path in asides(store, digest)] == [b"left by a crash"]


def test_what_lay_aside_for_many_starts_and_a_long_time_is_removed(store: Store, domain: Domain) -> None:
    [digest] = store.folder.write_blobs([b"left by a crash"])
    recover(store)
    (batch,) = store.folder.aside.iterdir()
    long_ago = time.time() - GRACE_S - 60

    os.utime(batch, (long_ago, long_ago))
    recover(store)
    assert asides(store, digest) != []  # time alone is not enough: a clock may have been wrong
    for _ in range(GRACE_STARTS):
        recover(store)

    assert list(store.folder.aside.iterdir()) == []


def test_what_an_older_database_does_not_name_comes_back_with_the_newer_one(tmp_path: Path) -> None:
    home = tmp_path / "home"
    store = Store.open(home)
    domain = create_domain(store, "handbook", {})
    store.close()
    shutil.copy(home / "tandem.db", tmp_path / "old.db")
    store = Store.open(home)
    document = put(store, domain.id, "a", "one")
    model = tune(store, domain.id, document)
    store.close()
    shutil.copy(home / "tandem.db", tmp_path / "new.db")

    shutil.copy(tmp_path / "old.db", home / "tandem.db")
    store = Store.open(home)
    recover(store)
    assert not store.folder.blob(document.sha256).exists()
    assert not (home / model.path).exists()
    store.close()
    shutil.copy(tmp_path / "new.db", home / "tandem.db")
    store = Store.open(home)
    recover(store)

    assert store.folder.blob(document.sha256).read_bytes() == b"one"
    assert verify_store(store) == []
    store.close()


def test_files_of_what_was_deleted_are_gone_even_if_the_process_died_before_it_removed_them(
    store: Store, domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = take(store, domain.id, "gone", "secret")
    kept = take(store, domain.id, "kept", "kept")
    model = tune(store, domain.id, put(store, domain.id, "b", "two"))
    with monkeypatch.context() as patch:
        for module in ("documents", "models"):
            patch.setattr(f"store.{module}.finish_deletion", lambda _: None)  # as if it had died here
        delete_document(store, domain.id, gone.id)
        delete_model(store, model.id)
    assert store.folder.blob(gone.sha256).exists()

    recover(store)

    assert not store.folder.blob(gone.sha256).exists()
    assert not (store.folder.root / model.path).exists()
    assert asides(store, "*") == []
    assert store.folder.blob(kept.sha256).read_bytes() == b"kept"
    assert verify_store(store) == []


def test_an_original_sent_again_after_its_deletion_stays(
    store: Store, domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("store.documents.finish_deletion", lambda _: None)
        delete_document(store, domain.id, take(store, domain.id, "a", "one").id)
    again = take(store, domain.id, "a", "one")

    recover(store)

    assert store.folder.blob(again.sha256).read_bytes() == b"one"
    assert verify_store(store) == []


def test_a_deletion_reaches_what_lies_aside(store: Store, domain: Domain) -> None:
    [digest] = store.folder.write_blobs([b"one"])
    recover(store)
    assert asides(store, digest) != []
    document = take(store, domain.id, "a", "one")

    delete_document(store, domain.id, document.id)

    assert asides(store, digest) == []


def test_a_deleted_domain_takes_all_its_files_with_it(store: Store, domain: Domain) -> None:
    tune(store, domain.id, put(store, domain.id, "a", "one"))

    delete_domain(store, domain.name)

    left = [path for name in ("blobs", "artifacts", "indexes", "aside", "tmp") for path in _files(store.folder, name)]
    assert left == []
    with store.database.read() as connection:
        assert connection.execute(schema.removals.select()).all() == []


def test_a_removal_reaches_nothing_outside_its_places(store: Store, domain: Domain) -> None:
    outside = store.folder.root.parent / "outside"
    outside.write_text("kept")
    paths = ["artifacts/../../outside", "../outside", "artifacts/..", "tmp/x", str(outside)]
    with store.database.write() as connection:
        connection.execute(schema.removals.insert(), [{"path": path} for path in paths])

    recover(store)

    assert outside.read_text() == "kept"
    assert store.folder.artifacts.is_dir()


def test_a_linked_artifact_is_removed_as_a_link(store: Store, domain: Domain, tmp_path: Path) -> None:
    model = tune(store, domain.id, put(store, domain.id, "a", "one"))
    place = store.folder.root / model.path
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")

    delete_model(store, model.id)

    assert not place.is_symlink()
    assert (tmp_path / "elsewhere" / "MANIFEST.json").is_file()
    assert get_document(store, domain.id, "a").status == "searchable"


def _files(folder: DataFolder, name: str) -> list[Path]:
    return [path for path in (folder.root / name).rglob("*") if path.is_file()]


def test_a_removal_that_is_noted_twice_is_noted_once(store: Store, domain: Domain) -> None:
    for paths in (["blobs/a", "blobs/b", "blobs/a"], ["blobs/b", "blobs/c"]):
        with store.database.write() as connection:
            note_removals(connection, paths)

    with store.database.read() as connection:
        noted = connection.scalars(sa.select(schema.removals.c.path)).all()
    assert sorted(noted) == ["blobs/a", "blobs/b", "blobs/c"]
