"""What an index holds and finds, as texts."""

from __future__ import annotations

from fakes import HashEncoder

from retriever.index.domain_index import DomainIndex
from store.passages import read_contents
from store.store import Store


def contents_of(store: Store, ids: set[int]) -> set[str]:
    """Return the texts with these ids."""
    return {content for _, content in read_contents(store, ids)}


def found_by(store: Store, index: DomainIndex, text: str) -> tuple[set[str], str]:
    """Return what the words of `text` find, and the content whose vector is nearest to it."""
    snapshot = index.snapshot
    words = {key for key, _ in snapshot.lexical.search(text, 10)}
    nearest = {key for key, _ in snapshot.dense.search(HashEncoder().encode_queries([text]), 1)}
    return contents_of(store, words), "".join(contents_of(store, nearest))
