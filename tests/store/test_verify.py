"""The checker finds every kind of damage that is planted, and nothing in a sound store."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from fakes import HashEncoder, vectors_of
from writing import put, take, tune, using

from store.documents import Cut, delete_document, make_all_searchable, mark_failed
from store.domains import Domain, create_domain
from store.layout import ContextSpan, Layout, Statement, layout_as_text
from store.passages import NewPassage
from store.releases import promote
from store.sqlite import sqlite_driver
from store.store import Store
from store.verify import verify_store


@pytest.fixture
def full(store: Store, domain: Domain) -> Store:
    """A sound store with everything in it: documents in every state, an active adapter, a past release."""
    put(store, domain.id, "a", "one\ntwo")
    document = put(store, domain.id, "a", "one\nthree")
    put(store, domain.id, "b", "one")
    delete_document(store, domain.id, put(store, domain.id, "gone", "four").id)
    put(store, domain.id, "waiting", "five")
    take(store, domain.id, "waiting", "six")
    mark_failed(store, take(store, domain.id, "failed", "seven"), "unreadable", "It has no text.")
    model = tune(store, domain.id, document)
    promote(store, using(store, domain.id, adapter=model.id).id, forced=False, reason="")
    create_domain(store, "empty", {})
    return store


def test_a_sound_store_has_no_problems(full: Store) -> None:
    assert verify_store(full) == []


_A = "(SELECT id FROM documents WHERE external_id = 'a')"


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ("UPDATE passages SET text = 'other' WHERE text = 'three'", "its text is not what the document has at [4, 9)"),
        (f"UPDATE versions SET text = NULL WHERE document_id = {_A} AND version = 2", "is not what the document has"),
        (f"UPDATE passages SET version = 1 WHERE document_id = {_A}", "belongs to version 1, searchable is 2"),
        (f"DELETE FROM documents WHERE id = {_A}", "belongs to version 2, searchable is None"),
        (f"UPDATE documents SET searchable_version = 1 WHERE id = {_A}", "is called searchable, but its newest"),
        ("UPDATE passages SET heading = 'Other' WHERE text = 'three'", "is not its heading and text"),
        ("UPDATE texts SET content = 'other' WHERE content = 'three'", "does not have the SHA-256"),
        ("DELETE FROM texts WHERE content = 'three'", "refers to a missing row of texts"),
        ("DELETE FROM vectors", "has no vector"),
        ("DELETE FROM passages WHERE text = 'three'", "no passage owns it"),
        ("DELETE FROM passages WHERE text = 'three'", "is in the change log only"),
        ("DELETE FROM changes WHERE seq = (SELECT max(seq) FROM changes WHERE kind = 'add')", "in the passages only"),
        ("DELETE FROM changes WHERE seq = 1", "the change log has an unexpected remove"),
        (
            "INSERT INTO changes (domain_id, kind, passage_id, passage_set, text_id) "
            "SELECT domain_id, 'add', id, passage_set, text_id FROM passages LIMIT 1",
            "the change log has an unexpected add",
        ),
        ("UPDATE releases SET manifest = '{}' WHERE manifest LIKE '%adapter%'", "does not have the hash that is its"),
        ("UPDATE domains SET release_id = NULL WHERE name = 'handbook'", "points to the release None"),
        (
            "UPDATE domains SET release_id = (SELECT release_id FROM domains WHERE name = 'empty')",
            "which is not one of its own",
        ),
        (
            "UPDATE domains SET release_id = (SELECT release_id FROM promotions WHERE domain_id = domains.id "
            "ORDER BY seq LIMIT 1) WHERE name = 'handbook'",
            "its pointer is not what was promoted last",
        ),
        ("DELETE FROM promotions", "its pointer is not what was promoted last"),
        ("DELETE FROM models", "of its release is not registered"),
        ("UPDATE models SET sha256 = 'other'", "recorded is other"),
        ("PRAGMA writable_schema=ON; DELETE FROM sqlite_schema WHERE name = 'ix_passages_text_id'", "database: "),
    ],
)  # fmt: skip
def test_damage_in_the_database_is_reported(full: Store, damage: str, sentence: str) -> None:
    full.close()
    with closing(sqlite_driver().connect(full.folder.database)) as connection:  # references are not checked here
        connection.executescript(damage)
        connection.commit()

    assert any(sentence in problem for problem in verify_store(full)), verify_store(full)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda store: _an_original(store).unlink(), "is missing"),
        (lambda store: _an_original(store).write_bytes(b"other"), "does not have the SHA-256"),
        (lambda store: (_an_artifact(store) / "adapter_config.json").write_text("{}"), "differs from its manifest in"),
        (lambda store: (_an_artifact(store) / "adapter_config.json").unlink(), "differs from its manifest in"),
        (lambda store: (_an_artifact(store) / "more").write_text(""), "differs from its manifest in more"),
        (lambda store: (_an_artifact(store) / "MANIFEST.json").write_text("{}"), "recorded is"),
        (lambda store: _an_artifact(store).rename(store.folder.root / "elsewhere"), "is incomplete or was removed"),
    ],
    ids=["original missing", "original changed", "file changed", "file missing", "file extra", "manifest", "folder"],
)
def test_damage_in_files_is_reported(full: Store, damage: Callable[[Store], object], sentence: str) -> None:
    damage(full)

    problems = verify_store(full)

    assert len(problems) == 1
    assert sentence in problems[0]


def test_unknown_files_are_no_problem(full: Store) -> None:
    for place in (full.folder.root, full.folder.indexes, full.folder.artifacts, full.folder.root / "blobs"):
        (place / "unknown").write_text("mine")

    assert verify_store(full) == []


def _an_original(store: Store) -> Path:
    return next(path for path in sorted((store.folder.root / "blobs").rglob("*")) if path.is_file())


def _an_artifact(store: Store) -> Path:
    return next(store.folder.artifacts.iterdir())


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ("UPDATE passages SET layout = 'x'", "its layout cannot be read"),
        ("UPDATE passages SET heading = 'Other'", "does not begin with its heading"),
        ("UPDATE passages SET layout = replace(layout, 'Fees:', 'Fines')", "its context is not what the document has"),
        ("UPDATE passages SET layout = replace(layout, '[[0,0,4,', '[[0,0,999,')", "is not in the passage"),
    ],
)
def test_a_layout_must_fit_its_passage(store: Store, domain: Domain, damage: str, sentence: str) -> None:
    text = "Fees: none"
    document = take(store, domain.id, "a", text)
    layout = Layout((Statement("prose", 6, 10, 5, 9, (0,)),), (ContextSpan("lead_in", 0, 5, "Fees:"),))
    passage = NewPassage(6, 10, "Fees", "none", None, "Fees\nnone", layout_as_text(layout, 6))
    make_all_searchable(
        store, [Cut(document, text, [passage])], "set", vectors_of(HashEncoder(), [passage]), HashEncoder.space_id
    )
    assert verify_store(store) == []

    with closing(sqlite_driver().connect(store.folder.database)) as connection:
        connection.execute(damage)
        connection.commit()

    assert any(sentence in problem for problem in verify_store(store))
