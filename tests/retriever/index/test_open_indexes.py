"""Many indexes: followed together at the cost of one look, closed when there are too many, said when they cannot be."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest
from fakes import HashEncoder
from writing import PASSAGE_SET, put

from retriever.index.domain_index import View
from retriever.index.open_indexes import OpenIndexes
from store import schema
from store.checkpoints import read_checkpoint
from store.domains import Domain, create_domain
from store.store import Store


def _view(domain_id: str) -> View:
    return View(domain_id, PASSAGE_SET, HashEncoder.space_id, HashEncoder.dimension)


@pytest.fixture
def domains(store: Store) -> list[Domain]:
    """Eight domains with a document each."""
    made = [create_domain(store, f"domain-{number}", {}) for number in range(8)]
    for domain in made:
        put(store, domain.id, "a", f"one {domain.name}\ntwo")
    return made


def test_only_so_many_indexes_are_open_and_each_threads_end_with_it(store: Store, domains: list[Domain]) -> None:
    def threads() -> int:
        names = [path.read_text() for path in Path("/proc/self/task").glob("*/comm")]
        return sum(1 for name in names if name.startswith("thread-tantivy"))

    before = threads()
    indexes = OpenIndexes(store, checkpoint_every=1_000, limit=3)
    for domain in domains * 2:
        assert len(indexes.get(_view(domain.id)).ids()) == 2

    shown = [domain.name for domain in domains if indexes.shown(_view(domain.id)) is not None]
    assert shown == ["domain-5", "domain-6", "domain-7"]
    deadline = time.monotonic() + 20  # a thread ends a moment after its index
    while threads() > before + 3 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert threads() <= before + 3
    indexes.close(checkpoint=False)


def test_changes_of_all_domains_are_followed_and_none_costs_one_statement(
    store: Store, domains: list[Domain], monkeypatch: pytest.MonkeyPatch
) -> None:
    indexes = OpenIndexes(store, checkpoint_every=1_000)
    for domain in domains:
        indexes.get(_view(domain.id))
    put(store, domains[1].id, "b", "three")
    put(store, domains[6].id, "b", "three\nfour")

    assert indexes.follow() == {}
    assert [len(indexes.get(_view(domain.id)).ids()) for domain in domains] == [2, 3, 2, 2, 2, 2, 4, 2]

    asked: list[object] = []
    fetch = store.database.fetch
    monkeypatch.setattr(store.database, "fetch", lambda query, **given: asked.append(query) or fetch(query, **given))
    monkeypatch.setattr(store.database, "read", None)
    indexes.follow()

    assert len(asked) == 1
    monkeypatch.undo()
    indexes.close(checkpoint=False)


def test_an_index_that_cannot_be_followed_is_named_once_and_caught_up(
    store: Store, domains: list[Domain], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    indexes = OpenIndexes(store, checkpoint_every=1_000)
    indexes.get(_view(domains[0].id))
    put(store, domains[0].id, "b", "three")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR, "tandem"):
        patch.setattr("retriever.index.lexical.LexicalIndex.changed", fail)
        assert [indexes.follow() for _ in range(3)] == [{domains[0].id: "OSError"}] * 3
    assert len(caplog.records) == 1

    assert indexes.follow() == {}
    assert len(indexes.get(_view(domains[0].id)).ids()) == 3
    indexes.close(checkpoint=False)


def test_a_rebuilt_index_is_told_in_the_log(
    store: Store, domains: list[Domain], caplog: pytest.LogCaptureFixture
) -> None:
    indexes = OpenIndexes(store, checkpoint_every=1_000)
    indexes.get(_view(domains[0].id))
    indexes.close(checkpoint=True)
    next(store.folder.indexes.glob("*/words/meta.json")).unlink()

    assert len(indexes.get(_view(domains[0].id)).ids()) == 2

    assert any(f"the index of {domains[0].id} is built anew" in line for line in caplog.messages)
    indexes.close(checkpoint=False)


def test_a_rebuilt_index_shows_what_the_database_has_whatever_the_old_one_showed(
    store: Store, domains: list[Domain]
) -> None:
    view = _view(domains[0].id)
    indexes = OpenIndexes(store, checkpoint_every=1_000)
    old = indexes.get(view)
    put(store, domains[0].id, "b", "three")
    with store.database.write() as connection:  # a change that the old one never hears of
        connection.execute(schema.changes.delete().where(schema.changes.c.seq > old.snapshot.seq))
    assert len(indexes.get(view).follow().dense.ids()) == 2

    new = indexes.rebuild(view)

    assert len(new.ids()) == 3
    assert indexes.get(view) is new
    assert old.follow() is old.snapshot
    saved = read_checkpoint(store, view.domain_id, "search", view.key)
    assert saved is not None
    assert [path.name for path in store.folder.indexes.iterdir()] == [saved.name]
    indexes.close(checkpoint=False)
