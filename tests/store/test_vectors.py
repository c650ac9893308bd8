"""Vectors at the door of the store: what is not finite does not come in, and what did is named."""

from __future__ import annotations

import numpy as np
import pytest
import sqlalchemy as sa
from fakes import HashEncoder, vectors_of
from hypothesis import given
from hypothesis import strategies as st
from writing import PASSAGE_SET, line_passages, put, take

from store import schema
from store.documents import Cut, get_document, make_all_searchable
from store.domains import Domain
from store.errors import ComputationError
from store.passages import live_texts
from store.store import Store
from store.vectors import is_sound
from store.verify import verify_store


@given(st.binary(max_size=40))
def test_a_vector_is_sound_if_it_has_numbers_and_all_are_finite(data: bytes) -> None:
    whole = bool(data) and len(data) % 2 == 0

    assert is_sound(data) == (whole and bool(np.isfinite(np.frombuffer(data, "<f2")).all()))


@pytest.mark.parametrize("bad", [np.nan, -np.nan, np.inf, -np.inf])
def test_each_number_that_is_not_finite_is_found_at_each_place(bad: float) -> None:
    for place in range(3):
        vector = np.array([0.5, -0.0, 65504], "<f2")
        assert is_sound(vector.tobytes())
        vector[place] = bad
        assert not is_sound(vector.tobytes())


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_document_with_a_vector_that_is_not_finite_is_not_stored(store: Store, domain: Domain, bad: float) -> None:
    document = take(store, domain.id, "a", "one\ntwo")
    passages = line_passages("one\ntwo")
    vectors = vectors_of(HashEncoder(), passages)
    vectors["two"] = np.full(HashEncoder.dimension, bad, "<f2").tobytes()

    with pytest.raises(ComputationError, match="1 of 2 vectors are not finite"):
        make_all_searchable(store, [Cut(document, "one\ntwo", passages)], PASSAGE_SET, vectors, HashEncoder.space_id)

    assert live_texts(store, domain.id, PASSAGE_SET).live == frozenset()
    assert get_document(store, domain.id, document.id).status == "received"


def test_a_vector_of_an_older_version_that_is_not_finite_is_named(store: Store, domain: Domain) -> None:
    put(store, domain.id, "a", "one\ntwo")
    assert verify_store(store) == []
    with store.database.write() as connection:
        broken = np.full(HashEncoder.dimension, np.nan, "<f2").tobytes()
        first = sa.select(sa.func.min(schema.vectors.c.text_id)).scalar_subquery()
        connection.execute(schema.vectors.update().where(schema.vectors.c.text_id == first).values(data=broken))

    (problem,) = verify_store(store)

    assert "is not finite" in problem
