"""Checkpoints of indexes: the newest is named, the others are litter."""

from __future__ import annotations

from pathlib import Path

from store.checkpoints import Checkpoint, read_checkpoint, record_checkpoint
from store.domains import Domain, create_domain, delete_domain
from store.store import Store


def test_the_newest_checkpoint_replaces_the_one_before_and_its_files(store: Store, domain: Domain) -> None:
    old, new = _written(store, domain, "old", seq=3), _written(store, domain, "new", seq=9)
    record_checkpoint(store, old)
    assert read_checkpoint(store, domain.id, "search", "view") == old

    record_checkpoint(store, new)

    assert read_checkpoint(store, domain.id, "search", "view") == new
    assert [path.name for path in store.folder.indexes.iterdir()] == ["new"]


def test_checkpoints_of_other_views_kinds_and_domains_are_separate(store: Store, domain: Domain) -> None:
    other = create_domain(store, "other", {})
    one = _written(store, domain, "one", seq=1)
    rest = [
        Checkpoint(domain.id, "search", "view 2", 2, "two", "0"),
        Checkpoint(domain.id, "other kind", "view", 3, "three", "0"),
        Checkpoint(other.id, "search", "view", 4, "four", "0"),
    ]
    for checkpoint in (one, *rest):
        record_checkpoint(store, checkpoint)

    for checkpoint in (one, *rest):
        found = read_checkpoint(store, checkpoint.domain_id, checkpoint.kind, checkpoint.view)
        assert found == checkpoint
    assert read_checkpoint(store, domain.id, "search", "view 3") is None


def test_recording_a_checkpoint_again_keeps_its_files(store: Store, domain: Domain) -> None:
    checkpoint = _written(store, domain, "one", seq=1)
    for _ in range(2):
        record_checkpoint(store, checkpoint)

    assert (checkpoint.path(store) / "file").read_bytes() == b"one"


def test_the_checkpoint_of_a_deleted_domain_goes_with_it(store: Store, domain: Domain) -> None:
    record_checkpoint(store, _written(store, domain, "one", seq=1))

    delete_domain(store, domain.name)

    assert list(store.folder.indexes.iterdir()) == []


def test_a_checkpoint_whose_files_are_gone_can_be_replaced(store: Store, domain: Domain) -> None:
    record_checkpoint(store, Checkpoint(domain.id, "search", "view", 1, "gone", "0"))
    new = _written(store, domain, "new", seq=2)

    record_checkpoint(store, new)

    assert read_checkpoint(store, domain.id, "search", "view") == new


def _written(store: Store, domain: Domain, name: str, seq: int) -> Checkpoint:
    def fill(folder: Path) -> None:
        (folder / "file").write_text(name)

    digest = store.folder.publish(store.folder.indexes / name, fill, {})
    return Checkpoint(domain.id, "search", "view", seq, name, digest)
