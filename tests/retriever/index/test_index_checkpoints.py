"""Checkpoints of an index: written, loaded, followed from there, and rebuilt from the database where damaged."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from indexed import contents_of, found_by

from retriever.index import dense
from retriever.index.domain_index import DomainIndex, View, open_index
from retriever.index.verification import verify_index
from store.checkpoints import Checkpoint, read_checkpoint
from store.documents import Document, delete_document
from store.domains import Domain, create_domain
from store.errors import DamagedError
from store.folder import check_published
from store.passages import last_seq
from store.store import Store

AddDocument = Callable[..., Document]
_NEVER = 1_000_000


def _checkpoint(store: Store, view: View) -> Checkpoint:
    found = read_checkpoint(store, view.domain_id, "search", view.key)
    assert found is not None
    return found


@pytest.fixture
def saved(store: Store, view: View, add: AddDocument) -> Path:
    """The folder of a checkpoint of three texts."""
    add("a.txt", "red apple\ngreen pear")
    add("b.txt", "yellow lemon")
    with open_index(store, view, _NEVER) as index:
        index.checkpoint()
    return _checkpoint(store, view).path(store)


def test_a_checkpoint_of_another_text_analysis_is_built_again(
    store: Store, view: View, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_index(store, view, _NEVER) as index:
        assert not index.rebuilt

    monkeypatch.setattr("retriever.index.domain_index.ANALYSIS_VERSION", 0)
    with open_index(store, view, _NEVER) as index:
        assert index.rebuilt
        assert len(index.ids()) == 3


def test_a_checkpoint_is_loaded_without_rebuilding(store: Store, view: View, saved: Path) -> None:
    index = DomainIndex(store, view, _NEVER)

    assert not index.rebuilt
    assert index.snapshot.seq == last_seq(store, view.domain_id)
    assert contents_of(store, index.ids()) == {"red apple", "green pear", "yellow lemon"}
    assert found_by(store, index, "red apple") == ({"red apple"}, "red apple")
    index.close()


def test_what_changed_after_the_checkpoint_is_followed(store: Store, view: View, saved: Path, add: AddDocument) -> None:
    add("a.txt", "green pear\nblue plum")

    with open_index(store, view, _NEVER) as index:
        assert not index.rebuilt
        assert contents_of(store, index.ids()) == {"green pear", "blue plum", "yellow lemon"}
    assert verify_index(store, view) == []


def test_working_on_a_loaded_checkpoint_leaves_its_files_as_they_are(
    store: Store, view: View, saved: Path, add: AddDocument
) -> None:
    with open_index(store, view, _NEVER) as index:
        for number in range(12):  # enough commits for tantivy to merge segments
            add("c.txt", f"text {number}")
            index.follow()

    assert check_published(saved, _checkpoint(store, view).sha256)["seq"] == 3


def test_a_checkpoint_is_written_after_so_many_changes_and_replaces_the_one_before(
    store: Store, view: View, add: AddDocument
) -> None:
    with open_index(store, view, 3) as index:
        add("a.txt", "red apple\ngreen pear")
        index.follow()
        assert read_checkpoint(store, view.domain_id, "search", view.key) is None
        add("b.txt", "yellow lemon")
        index.follow()
        first = _checkpoint(store, view)
        add("c.txt", "blue plum")
        index.follow()
        index.checkpoint()

    second = _checkpoint(store, view)
    assert (first.seq, second.seq) == (3, 4)
    assert [path.name for path in store.folder.indexes.iterdir()] == [second.name]


def test_a_checkpoint_of_an_unchanged_index_is_not_written_again(store: Store, view: View, saved: Path) -> None:
    with open_index(store, view, _NEVER) as index:
        index.checkpoint()

    assert _checkpoint(store, view).path(store) == saved


def test_a_large_index_is_compacted_in_the_background_and_written_so(
    store: Store, domain: Domain, view: View, add: AddDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "EXACT_ROWS", 50)
    first = add("a.txt", "\n".join(f"text {number}" for number in range(80)))
    with open_index(store, view, _NEVER) as index:
        index.checkpoint()
        for thread in threading.enumerate():
            if thread.name == "compaction":
                thread.join()
        add("b.txt", "red apple")
        index.follow()
        index.checkpoint()
        before = index.snapshot.dense

    with open_index(store, view, _NEVER) as index:
        assert not index.rebuilt
        assert [segment.lists is None for segment in index.snapshot.dense.segments] == [False, True]
        assert index.ids() == before.ids()
        assert found_by(store, index, "red apple") == ({"red apple"}, "red apple")
        delete_document(store, domain.id, first.id)
        assert len(index.follow().dense.ids()) == 1
    assert verify_index(store, view) == []
    assert list((store.folder.root / "tmp").iterdir()) == []


def test_closing_leaves_nothing_behind(store: Store, view: View, saved: Path) -> None:
    assert list((store.folder.root / "tmp").iterdir()) == []


def _vectors(saved: Path) -> Path:
    return next((saved / "vectors").glob("*.faiss"))


def _flip_a_vector_byte(saved: Path, other: Path) -> None:
    path = _vectors(saved)
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


def _flip_a_posting_byte(saved: Path, other: Path) -> None:
    path = next((saved / "words").glob("*.idx"))
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(content)


def _truncate_a_file(saved: Path, other: Path) -> None:
    path = _vectors(saved)
    path.write_bytes(path.read_bytes()[:-7])


def _flip_a_tombstone(saved: Path, other: Path) -> None:
    path = next((saved / "vectors").glob("*.live"))
    path.write_bytes(b"\0" + path.read_bytes()[1:])


def _lose_a_file(saved: Path, other: Path) -> None:
    next((saved / "words").glob("*.term")).unlink()


def _lose_the_manifest(saved: Path, other: Path) -> None:
    (saved / "MANIFEST.json").unlink()


def _lose_the_folder(saved: Path, other: Path) -> None:
    shutil.rmtree(saved)


def _add_a_file(saved: Path, other: Path) -> None:
    (saved / "words" / "extra.idx").write_bytes(b"x")


def _swap_a_file(saved: Path, other: Path) -> None:
    shutil.copy(_vectors(other), _vectors(saved))


def _swap_the_folder(saved: Path, other: Path) -> None:
    shutil.rmtree(saved)
    shutil.copytree(other, saved)


@pytest.mark.parametrize(
    "damage",
    [
        _flip_a_vector_byte,
        _flip_a_posting_byte,
        _truncate_a_file,
        _flip_a_tombstone,
        _lose_a_file,
        _lose_the_manifest,
        _lose_the_folder,
        _add_a_file,
        _swap_a_file,
        _swap_the_folder,
    ],
)
def test_a_damaged_checkpoint_is_rebuilt_from_the_database(
    store: Store, view: View, saved: Path, add: AddDocument, damage: Callable[[Path, Path], None]
) -> None:
    neighbour = create_domain(store, "other", {"adapter": None})
    add("z.txt", "foreign words\nmore of them\nand more", domain_id=neighbour.id)
    other = View(neighbour.id, view.passage_set, view.space_id, view.dimension)
    with open_index(store, other, _NEVER) as index:
        index.checkpoint()
    damage(saved, _checkpoint(store, other).path(store))

    with open_index(store, view, _NEVER) as index:
        assert index.rebuilt
        assert contents_of(store, index.ids()) == {"red apple", "green pear", "yellow lemon"}
        assert found_by(store, index, "red apple") == ({"red apple"}, "red apple")
        index.checkpoint()

    with open_index(store, view, _NEVER) as index:
        assert not index.rebuilt
    assert verify_index(store, view) == []


def test_a_rebuilt_index_is_written_even_though_no_change_came(store: Store, view: View, saved: Path) -> None:
    _flip_a_vector_byte(saved, saved)

    with open_index(store, view, _NEVER) as index:
        index.checkpoint()

    with pytest.raises(DamagedError):
        check_published(saved, "")
    assert _checkpoint(store, view).path(store) != saved
