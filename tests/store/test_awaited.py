"""Awaited vectors: a document is searchable by its words first, and in the end as if it had been embedded at once."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa
from fakes import HashEncoder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from writing import PASSAGE_SET, by_words, embed_awaited, line_passages, put, searchable, take

from retriever.index.domain_index import DomainIndex, View
from retriever.index.verification import verify_index
from store import schema
from store.awaited import awaited_contents, count_awaited
from store.backups import make_backup, restore_backup
from store.documents import Cut, delete_document, get_document, list_documents, make_all_searchable
from store.domains import Domain, create_domain
from store.passages import changes_since, last_seq, read_contents, read_vectors
from store.store import Store
from store.verify import verify_store

_SPACE = HashEncoder.space_id


def _view(domain_id: str) -> View:
    return View(domain_id, PASSAGE_SET, _SPACE, HashEncoder.dimension)


def _problems(store: Store, domain: Domain) -> list[str]:
    return verify_store(store) + verify_index(store, _view(domain.id))


def test_the_passages_are_there_at_once_and_the_vectors_follow_in_portions(store: Store, domain: Domain) -> None:
    put(store, domain.id, "small", "two")
    document = by_words(store, take(store, domain.id, "large", "one\ntwo\nthree"), "one\ntwo\nthree")

    assert (document.status, document.passages, document.unembedded) == ("searchable", 3, 2)
    assert searchable(store, domain) == {"one", "two", "three"}
    assert awaited_contents(store, domain.id, _SPACE, 9) == ["one", "three"]
    assert _problems(store, domain) == []

    assert embed_awaited(store, domain.id, 1) == 1
    assert get_document(store, domain.id, "large").unembedded == 1
    assert _problems(store, domain) == []

    assert embed_awaited(store, domain.id, 9) == 1
    assert get_document(store, domain.id, "large").unembedded == 0
    assert embed_awaited(store, domain.id, 9) == 0
    assert _problems(store, domain) == []


def test_a_vector_that_arrives_is_a_change_of_the_sets_that_have_its_text(store: Store, domain: Domain) -> None:
    document = by_words(store, take(store, domain.id, "large", "one\none"), "one\none")
    cut = Cut(document, "one\none", line_passages("one\none"))
    make_all_searchable(store, [cut], "set_other", {}, _SPACE, vectors_later=True)
    before = last_seq(store, domain.id)

    embed_awaited(store, domain.id, 1)

    assert last_seq(store, domain.id) == before + 2
    for passage_set in (PASSAGE_SET, "set_other"):
        assert len(changes_since(store, domain.id, passage_set, before).live) == 1
    assert verify_store(store) == []


def test_a_text_that_another_document_embeds_is_awaited_no_more(store: Store, domain: Domain) -> None:
    by_words(store, take(store, domain.id, "large", "one\ntwo"), "one\ntwo")
    with _following(store, domain) as index:
        put(store, domain.id, "small", "two")
        index.follow()

        assert len(index.snapshot.dense.ids()) == 1
        assert len(index.snapshot.lexical.ids()) == 2
    assert awaited_contents(store, domain.id, _SPACE, 9) == ["one"]
    assert get_document(store, domain.id, "large").unembedded == 1
    assert _problems(store, domain) == []


@pytest.mark.parametrize("replaced", [True, False])
def test_what_is_deleted_or_replaced_meanwhile_awaits_nothing(store: Store, domain: Domain, replaced: bool) -> None:
    document = by_words(store, take(store, domain.id, "large", "one\ntwo"), "one\ntwo")
    contents = awaited_contents(store, domain.id, _SPACE, 9)
    if replaced:
        by_words(store, take(store, domain.id, "large", "two\nthree"), "two\nthree")
    else:
        delete_document(store, domain.id, document.id)

    assert contents == ["one", "two"]
    assert awaited_contents(store, domain.id, _SPACE, 9) == (["two", "three"] if replaced else [])
    assert searchable(store, domain) == ({"two", "three"} if replaced else set())
    assert _problems(store, domain) == []


def test_vectors_of_texts_that_went_meanwhile_are_dropped(
    store: Store, domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    import writing

    document = by_words(store, take(store, domain.id, "large", "one\ntwo"), "one\ntwo")
    asked = awaited_contents(store, domain.id, _SPACE, 9)
    delete_document(store, domain.id, document.id)
    put(store, domain.id, "other", "two")
    monkeypatch.setattr(writing, "awaited_contents", lambda *_: asked)

    assert embed_awaited(store, domain.id, 9) == 0
    assert _problems(store, domain) == []


def test_a_backup_in_between_is_whole_and_goes_on(store: Store, domain: Domain, tmp_path: Path) -> None:
    by_words(store, take(store, domain.id, "large", "one\ntwo\nthree"), "one\ntwo\nthree")
    embed_awaited(store, domain.id, 1)
    made = make_backup(store.folder.root, tmp_path / "backups", print)

    restore_backup(tmp_path / "backups", made.backup, tmp_path / "restored", print)

    restored = Store.open(tmp_path / "restored")
    assert count_awaited(restored, domain.id, _SPACE) == 2
    assert embed_awaited(restored, domain.id, 9) == 2
    assert _problems(restored, domain) == []
    restored.close()


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (sa.delete(schema.awaited_vectors), "has no vector, and awaits none"),
        (schema.awaited_vectors.insert().from_select(
            ["text_id", "space_id"], sa.select(schema.vectors.c.text_id, schema.vectors.c.space_id)
        ), "awaits a vector that it has"),
        (sa.delete(schema.changes).where(schema.changes.c.seq == 1), "the change log has an unexpected vector"),
    ],
)  # fmt: skip
def test_damage_is_found(store: Store, domain: Domain, damage: sa.Executable, sentence: str) -> None:
    by_words(store, take(store, domain.id, "large", "one\ntwo"), "one\ntwo")
    embed_awaited(store, domain.id, 1)
    with store.database.write() as connection:
        connection.execute(damage)

    assert any(sentence in problem for problem in verify_store(store)), verify_store(store)


def test_an_index_that_is_loaded_knows_what_awaits_its_vector(store: Store, domain: Domain) -> None:
    by_words(store, take(store, domain.id, "large", "one\ntwo"), "one\ntwo")
    embed_awaited(store, domain.id, 1)
    with _following(store, domain) as index:
        index.checkpoint()
        expected = index.snapshot.unembedded
    assert len(expected) == 1
    with _following(store, domain, follow=False) as loaded:
        assert not loaded.rebuilt
        assert loaded.snapshot.unembedded == expected
        embed_awaited(store, domain.id, 9)
        assert loaded.follow().unembedded == frozenset()
        assert loaded.snapshot.dense.ids() == loaded.snapshot.lexical.ids()
    assert _problems(store, domain) == []


@contextmanager
def _following(store: Store, domain: Domain, *, follow: bool = True) -> Iterator[DomainIndex]:
    index = DomainIndex(store, _view(domain.id), checkpoint_every=1_000_000)
    try:
        if follow:
            index.follow()
        yield index
    finally:
        index.close()


_NAMES = st.sampled_from(["a", "b", "c"])
_TEXTS = st.lists(st.sampled_from(["one", "two", "three", "four", "five"]), min_size=1, max_size=4).map("\n".join)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), _NAMES, _TEXTS),
        st.tuples(st.just("by words"), _NAMES, _TEXTS),
        st.tuples(st.just("delete"), _NAMES, st.just("")),
        st.tuples(st.just("portion"), st.just(""), st.just("")),
        st.tuples(st.just("follow"), st.just(""), st.just("")),
        st.tuples(st.just("open anew"), st.just(""), st.just("")),
    ),
    max_size=14,
)


@dataclass
class _Play:
    """A store and an index that follows it, beside what a user put into it."""

    store: Store
    domain: Domain
    index: DomainIndex
    documents: dict[str, str] = field(default_factory=dict)

    def do(self, step: tuple[str, str, str]) -> None:
        kind, name, text = step
        if kind in ("put", "by words"):
            self.documents[name] = text
            if kind == "put":
                put(self.store, self.domain.id, name, text)
            else:
                by_words(self.store, take(self.store, self.domain.id, name, text), text)
        elif kind == "delete" and self.documents.pop(name, None) is not None:
            delete_document(self.store, self.domain.id, get_document(self.store, self.domain.id, name).id)
        elif kind == "portion":
            embed_awaited(self.store, self.domain.id, 2)
        elif kind == "follow":
            self.index.follow()
        elif kind == "open anew":
            self.index.checkpoint()
            self.index.close()
            self.index = DomainIndex(self.store, _view(self.domain.id), checkpoint_every=1_000_000)

    def shown(self) -> tuple[set[str], dict[str, bytes]]:
        """Return the contents that are found by words, and those that have a vector with it."""
        snapshot = self.index.follow()
        contents = dict(read_contents(self.store, snapshot.lexical.ids()))
        vectors = dict(read_vectors(self.store, snapshot.dense.ids(), _SPACE))
        return set(contents.values()), {contents[key]: data for key, data in vectors.items()}


@pytest.mark.parametrize("examples", [6, pytest.param(60, marks=pytest.mark.nightly)])
def test_whatever_happens_in_between_the_end_is_as_if_all_had_been_embedded_at_once(
    empty_home: Path, examples: int
) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
    @given(steps=_STEPS)
    def agrees(steps: list[tuple[str, str, str]]) -> None:
        with _playing(empty_home) as play, _playing(empty_home) as at_once:
            _play_through(play, at_once, steps)

    agrees()


def _play_through(play: _Play, at_once: _Play, steps: list[tuple[str, str, str]]) -> None:
    for step in steps:
        play.do(step)
        lines = {line for text in play.documents.values() for line in text.split("\n")}
        by_word, embedded = play.shown() if step[0] == "follow" else (lines, {})
        assert by_word == lines
        assert embedded.keys() <= lines
    assert verify_store(play.store) + verify_index(play.store, _view(play.domain.id)) == []
    while embed_awaited(play.store, play.domain.id, 2):
        pass
    for name, text in play.documents.items():
        at_once.do(("put", name, text))
    assert play.shown() == at_once.shown()
    assert verify_store(play.store) + verify_index(play.store, _view(play.domain.id)) == []
    states = {(each.external_id, each.passages, each.unembedded) for each in list_documents(*_all(play))}
    assert states == {(each.external_id, each.passages, 0) for each in list_documents(*_all(at_once))}


def _all(play: _Play) -> tuple[Store, str]:
    return play.store, play.domain.id


@contextmanager
def _playing(empty_home: Path) -> Iterator[_Play]:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(empty_home, Path(folder) / "home")
        store = Store.open(Path(folder) / "home")
        domain = create_domain(store, "handbook", {"adapter": None})
        play = _Play(store, domain, DomainIndex(store, _view(domain.id), checkpoint_every=1_000_000))
        try:
            yield play
        finally:
            play.index.close()
            store.close()
