"""Documents: receive, replace, delete, each in one transaction with the change log."""

from __future__ import annotations

from fakes import HashEncoder, vectors_of

from store.documents import make_searchable, receive
from store.domains import Domain
from store.passages import NewPassage, changes_since
from store.store import Store
from store.verify import verify_store


def test_a_replaced_document_keeps_the_vector_of_an_unchanged_text(
    store: Store, domain: Domain, encoder: HashEncoder
) -> None:
    first, _ = receive(store, domain.id, "a.txt", b"one two", title="a", media_type="text/plain")
    passages = [NewPassage(0, 3, "", "one"), NewPassage(4, 7, "", "two")]
    assert make_searchable(store, first, "one two", passages, "set", vectors_of(encoder, passages), "spc") == set()
    second, result = receive(store, domain.id, "a.txt", b"one", title="a", media_type="text/plain")
    assert (result, second.version, second.id) == ("updated", 2, first.id)

    missing = make_searchable(store, second, "one", [NewPassage(0, 3, "", "one")], "set", {}, "spc")

    assert missing == set()
    changes = changes_since(store, domain.id, "set", 0)
    assert (changes.seq, len(changes.live), len(changes.gone)) == (5, 1, 1)
    assert verify_store(store) == []
