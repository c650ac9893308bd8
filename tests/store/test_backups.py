"""Backups: states that existed, made beside writers, incremental, and restored only if every byte is right."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import HashEncoder
from writing import PASSAGE_SET, put, tune

from retriever.index.domain_index import View, open_index
from retriever.index.verification import verify_folder
from store.backups import Backup, find_backup, keep_newest, list_backups, make_backup, restore_backup
from store.documents import delete_document, list_documents, read_original
from store.domains import Domain, get_domain
from store.errors import ConflictError, DamagedError, FolderError, NotFoundError
from store.store import Store


def silent(share: float, says: str) -> None:
    assert 0 <= share <= 1, says


def backed_up(store: Store, place: Path) -> Backup:
    return make_backup(store.folder.root, place, silent).backup


def names(home: Path) -> list[str]:
    store = Store.open(home)
    try:
        return sorted(each.external_id for each in list_documents(store, get_domain(store, "handbook").id))
    finally:
        store.close()


def test_a_restored_backup_is_what_there_was_and_is_searched(store: Store, domain: Domain, tmp_path: Path) -> None:
    put(store, domain.id, "a", "The first text.")
    before = put(store, domain.id, "b", "The second text.")
    view = View(domain.id, PASSAGE_SET, HashEncoder.space_id, HashEncoder.dimension)
    with open_index(store, view, 1) as index:
        index.checkpoint()
    backup = backed_up(store, tmp_path / "backups")
    delete_document(store, domain.id, before.id)

    restore_backup(tmp_path / "backups", backup, tmp_path / "again", silent)

    assert verify_folder(tmp_path / "again") == []
    again = Store.open(tmp_path / "again")
    (found,) = [each for each in list_documents(again, domain.id) if each.external_id == "b"]
    assert (found, read_original(again, found)) == (before, b"The second text.")
    with open_index(again, view, 1) as index:
        assert len(index.ids()) == 2
    again.close()
    assert (backup.documents, backup.missing) == (2, [])


def test_models_are_in_a_backup(store: Store, domain: Domain, tmp_path: Path) -> None:
    model = tune(store, domain.id, put(store, domain.id, "a", "The first text."))

    restore_backup(tmp_path / "b", backed_up(store, tmp_path / "b"), tmp_path / "again", silent)

    assert verify_folder(tmp_path / "again") == []
    assert sorted((tmp_path / "again" / model.path).iterdir()) != []


def test_a_second_backup_holds_only_what_is_new(store: Store, domain: Domain, tmp_path: Path) -> None:
    place = tmp_path / "backups"
    for number in range(30):
        put(store, domain.id, f"{number}", f"text {number} " * 3000)
    backed_up(store, place)
    before = {path.name: path.stat().st_size for path in place.glob("pieces/??/*")}
    put(store, domain.id, "new", "One more.")

    made = make_backup(store.folder.root, place, silent)

    new = {p.name: p.stat().st_size for p in place.glob("pieces/??/*") if p.name not in before}
    assert sum(new.values()) < sum(before.values()) / 3
    assert [len(backup.files) for _, backup in list_backups(place)] == [32, 33]
    assert made.name == find_backup(place, None)[0]


def test_a_backup_beside_writers_is_a_state_that_existed(store: Store, domain: Domain, tmp_path: Path) -> None:
    """Each writer adds a pair in one go and deletes it in the other order, so that some states never are."""
    done = threading.Event()

    def write(worker: int) -> None:
        number = 0
        while not done.is_set():
            first = put(store, domain.id, f"{worker}-{number}-first", f"first {worker} {number}")
            second = put(store, domain.id, f"{worker}-{number}-second", f"second {worker} {number}")
            if number % 2:
                delete_document(store, domain.id, second.id)
                delete_document(store, domain.id, first.id)
            number += 1

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(3)]
    for thread in threads:
        thread.start()
    try:
        backups = [backed_up(store, tmp_path / "b") for _ in range(4)]
    finally:
        done.set()
        for thread in threads:
            thread.join()

    for number, backup in enumerate(backups):
        home = tmp_path / f"again{number}"
        restore_backup(tmp_path / "b", backup, home, silent)
        assert (verify_folder(home), backup.missing) == ([], [])
        found = names(home)
        assert [
            each for each in found if each.endswith("second") and each.replace("second", "first") not in found
        ] == []
    assert backups[0].seq <= backups[-1].seq


def one_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def pieces(place: Path) -> list[Path]:
    return sorted(place.glob("pieces/??/*"))


@pytest.mark.parametrize(
    "damage",
    [
        lambda place: one_byte(pieces(place)[0]),
        lambda place: one_byte(pieces(place)[-1]),
        lambda place: pieces(place)[0].unlink(),
        lambda place: pieces(place)[0].write_bytes(b""),
        lambda place: shutil.copy(pieces(place)[0], pieces(place)[1]),
        lambda place: one_byte(next(place.glob("backups/*.json"))),
        lambda place: next(place.glob("backups/*.json")).write_text("{}"),
    ],
)
def test_a_damaged_backup_is_refused_and_leaves_nothing(
    store: Store, domain: Domain, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    put(store, domain.id, "a", "The first text.")
    place = tmp_path / "backups"
    backed_up(store, place)
    damage(place)

    with pytest.raises(DamagedError):
        restore_backup(place, find_backup(place, None)[1], tmp_path / "x" / "again", silent)
    assert not (tmp_path / "x").exists() or list((tmp_path / "x").iterdir()) == []


def test_a_list_that_leads_out_of_the_folder_is_refused(store: Store, domain: Domain, tmp_path: Path) -> None:
    put(store, domain.id, "a", "The first text.")
    content = json.loads(backed_up(store, tmp_path / "b").model_dump_json())

    for path in ("blobs/../../x", "../x", "/x", "blobs/..", "TANDEM/x"):
        content["files"][0]["path"] = path
        with pytest.raises(ValueError, match="path"):
            Backup.model_validate(content)


def test_an_original_that_was_lost_is_named_and_the_rest_is_backed_up(
    store: Store, domain: Domain, tmp_path: Path
) -> None:
    put(store, domain.id, "a", "The first text.")
    lost = put(store, domain.id, "b", "The second text.")
    store.folder.blob(lost.sha256).unlink()

    backup = backed_up(store, tmp_path / "b")
    restore_backup(tmp_path / "b", backup, tmp_path / "again", silent)

    assert backup.missing == [f"blobs/{lost.sha256[:2]}/{lost.sha256}"]
    assert len(verify_folder(tmp_path / "again")) == 1


def test_the_newest_are_kept_with_all_that_they_need(store: Store, domain: Domain, tmp_path: Path) -> None:
    place = tmp_path / "b"
    for number in range(3):
        put(store, domain.id, "a", f"Version {number}. " * 100)
        backed_up(store, place)
    before = len(pieces(place))

    removed, freed = keep_newest(place, 1)

    assert (len(removed), freed > 0, len(pieces(place)) < before) == (2, True, True)
    restore_backup(place, find_backup(place, None)[1], tmp_path / "again", silent)
    assert verify_folder(tmp_path / "again") == []
    with pytest.raises(NotFoundError, match="has no backup"):
        find_backup(place, removed[0])


def test_places_that_cannot_be_are_refused(store: Store, domain: Domain, tmp_path: Path) -> None:
    other = Store.open(tmp_path / "other")
    other.close()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    backup = backed_up(store, tmp_path / "b")

    with pytest.raises(FolderError, match="lies in the data folder"):
        make_backup(store.folder.root, store.folder.root / "backups", silent)
    with pytest.raises(FolderError, match="something else"):
        make_backup(store.folder.root, tmp_path / "full", silent)
    with pytest.raises(FolderError, match="another data folder"):
        make_backup(tmp_path / "other", tmp_path / "b", silent)
    with pytest.raises(FolderError, match="is not empty"):
        restore_backup(tmp_path / "b", backup, tmp_path / "full", silent)
    with pytest.raises(NotFoundError):
        find_backup(tmp_path / "full", None)


def test_two_do_not_work_on_the_backups_of_one_folder_at_once(store: Store, domain: Domain, tmp_path: Path) -> None:
    refused: list[ConflictError] = []

    def again(share: float, says: str) -> None:
        if not refused:
            with pytest.raises(ConflictError) as caught:
                make_backup(store.folder.root, tmp_path / "b", silent)
            refused.append(caught.value)

    make_backup(store.folder.root, tmp_path / "b", again)

    assert [each.code for each in refused] == ["backup_in_use"]


def test_what_a_killed_backup_left_is_cleared_away(store: Store, domain: Domain, tmp_path: Path) -> None:
    put(store, domain.id, "a", "The first text.")
    backed_up(store, tmp_path / "b")
    (tmp_path / "b" / "tmp_left.db").write_bytes(b"x")
    (pieces(tmp_path / "b")[0].parent / "tmp_left").write_bytes(b"x")

    backed_up(store, tmp_path / "b")
    keep_newest(tmp_path / "b", 2)

    assert list((tmp_path / "b").rglob("tmp_*")) == []
