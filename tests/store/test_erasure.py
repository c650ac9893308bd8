"""What was deleted is not in the bytes of the database's files any more."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from writing import asks, embed, put

from store.datasets import Example, create_dataset, delete_dataset
from store.documents import delete_document, get_document
from store.domains import Domain, create_domain, delete_domain
from store.receiving import receive
from store.recovery import recover
from store.sqlite import sqlite_driver
from store.store import Store

_WORDS = [b"zirconium text", b"zirconium title", b"zirconium value", b"zirconium id"]


def add(store: Store, domain_id: str) -> str:
    """Add a document with a text, a title, metadata and an external id of its own among others."""
    put(store, domain_id, "before", "an ordinary text\n" * 3)
    text = "zirconium text\n" * 3 + "zirconium text is long " * 2_000
    about = {"title": "zirconium title", "media_type": "text/plain", "metadata": {"key": "zirconium value"}}
    document, _ = receive(store, domain_id, "zirconium id", text.encode(), **about)  # type: ignore[arg-type]
    embed(store, document, text)
    put(store, domain_id, "after", "another ordinary text")
    return document.id


def left(store: Store) -> dict[str, list[bytes]]:
    """Return which of the words are in which of the database's files."""
    files = list(store.folder.root.glob("tandem.db*"))
    assert files
    return {path.name: found for path in files if (found := [word for word in _WORDS if word in path.read_bytes()])}


@pytest.mark.parametrize("restart", [False, True], ids=["at once", "after a restart"])
def test_a_deleted_document_is_gone_from_the_files(store: Store, domain: Domain, restart: bool) -> None:
    key = add(store, domain.id)
    assert {word for words in left(store).values() for word in words} == set(_WORDS)

    delete_document(store, domain.id, key)
    if restart:
        store.close()
        store = Store.open(store.folder.root)

    assert left(store) == {}
    assert get_document(store, domain.id, "after").status == "searchable"
    store.close()


def test_a_deleted_domain_and_data_set_are_gone_from_the_files(store: Store, domain: Domain) -> None:
    add(store, domain.id)
    other = create_domain(store, "other", {})
    examples = [Example("1", "train", asks("zirconium text?", "zirconium value"), {})]
    create_dataset(store, other.id, "set", "qa", "human", examples)

    delete_domain(store, domain.name)
    delete_dataset(store, other.id, "set")

    assert left(store) == {}


def test_a_reader_delays_it_to_the_next_deletion_or_the_end(store: Store, domain: Domain) -> None:
    key = add(store, domain.id)
    with store.database.read() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM documents").all()
        delete_document(store, domain.id, key)

    delete_document(store, domain.id, get_document(store, domain.id, "before").id)

    assert left(store) == {}


def test_what_an_earlier_version_left_in_free_pages_goes_at_the_next_start(tmp_path: Path) -> None:
    home = tmp_path / "home"
    store = Store.open(home)
    domain = create_domain(store, "handbook", {})
    add(store, domain.id)
    store.close()
    with closing(sqlite_driver().connect(home / "tandem.db")) as connection:  # as that version deleted
        connection.executescript(
            "PRAGMA secure_delete=OFF; DELETE FROM passages; DELETE FROM vectors; DELETE FROM texts;"
            "DELETE FROM changes; DELETE FROM versions; DELETE FROM documents;"
            "DELETE FROM properties WHERE name = 'erase';"
        )
    store = Store.open(home)
    assert left(store) != {}

    recover(store)

    assert left(store) == {}
    store.close()
