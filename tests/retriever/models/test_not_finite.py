"""What an encoder or a reranker computes wrongly is an error: it is neither stored nor ranked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
import sqlalchemy as sa
from fakes import HashEncoder
from indexed import contents_of
from pydantic import ValidationError
from searching import Search

from retriever.documents.ingest import ingest_documents
from retriever.documents.reading import Reading
from retriever.index.dense import DenseSnapshot
from retriever.index.domain_index import View, open_index
from retriever.index.segments import exact_segment
from retriever.models.encoder import Vectors
from retriever.models.finite import finite
from retriever.search.retrieval_part import SearchPlan
from retriever.settings import RetrieverSettings
from store import schema
from store.documents import Document, get_document
from store.domains import Domain
from store.errors import ComputationError
from store.passages import vectors_present
from store.receiving import receive
from store.store import Store

AddDocument = Callable[..., Document]


class _BrokenEncoder(HashEncoder):
    """Encodes, but for texts with the word "broken", whose first number is `value`."""

    def __init__(self, value: float) -> None:
        self._value = value

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        vectors = super().encode_passages(texts)
        vectors[["broken" in text for text in texts], 0] = self._value
        return vectors


class _BrokenReranker:
    """Gives the second passage a score that is none."""

    id = "broken"
    weight: float | None = 0.5

    def __init__(self, value: float) -> None:
        self._value = value

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        del query
        return [self._value if place == 1 else 1.0 for place in range(len(texts))]


def test_numbers_that_are_finite_pass_and_others_are_counted() -> None:
    rows = np.array([[1.0, np.nan], [np.inf, 0.0]], np.float32)

    assert finite(rows[:, :0], "Nobody").shape == (2, 0)
    with pytest.raises(
        ComputationError, match=r"^The table computed 2 of 4 numbers that are not finite\. Try again\.$"
    ):
        finite(rows, "The table", "Try again.")


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e6])  # the last is too large for float16
def test_a_passage_whose_vector_is_not_finite_is_not_stored(
    store: Store, domain: Domain, settings: RetrieverSettings, reading: Reading, value: float
) -> None:
    document, _ = receive(store, domain.id, "a", b"a broken pump", title="a", media_type="text/plain")
    encoder = _BrokenEncoder(value)

    with pytest.raises(ComputationError, match="1 of 32 numbers"):
        ingest_documents(store, reading, encoder, settings, [document])

    assert vectors_present(store, domain.id, ["a broken pump"], encoder.space_id) == set()
    assert get_document(store, domain.id, document.id).status == "parsed"  # tried again when the machine is mended


def test_a_question_whose_vector_is_not_finite_is_an_error(
    searched: Search, add: AddDocument, convex: SearchPlan
) -> None:
    add("a.txt", "green pear\nred apple")

    assert len(searched(convex, "green pear", _BrokenEncoder(np.nan)).hits) == 2
    with pytest.raises(ComputationError):
        searched(convex, "is the pear broken?", _BrokenEncoder(np.nan))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_score_of_a_reranker_that_is_not_finite_is_an_error(
    searched: Search, add: AddDocument, convex: SearchPlan, value: float
) -> None:
    add("a.txt", "green pear\nred apple")

    with pytest.raises(ComputationError, match="The reranker broken"):
        searched(replace(convex, reranker="broken"), "green pear", None, _BrokenReranker(value))


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e6])
def test_an_index_takes_no_vector_that_is_not_finite(value: float) -> None:
    rows = np.eye(3, dtype=np.float32)
    rows[1, 0] = value

    with pytest.raises(ComputationError):
        DenseSnapshot(3).changed([], [1, 2, 3], rows)


def test_a_vector_of_an_older_index_that_is_not_finite_is_never_a_hit_and_hides_no_other() -> None:
    rows = np.random.default_rng(2).standard_normal((400, 8)).astype(np.float16)
    rows[7], rows[399] = np.nan, np.inf
    with np.errstate(invalid="ignore"):
        snapshot = DenseSnapshot(8, (exact_segment(np.arange(400), rows),))
    query = rows[3].astype(np.float32)

    found = snapshot.search(query, 400)

    assert {7, 399}.isdisjoint({key for key, _ in found})
    assert found[0][0] == int(np.argmax(np.nan_to_num(rows[:399].astype(np.float32)) @ query))
    assert np.isfinite([score for _, score in found]).all()
    assert {key for key, _ in snapshot.search(query, 5, {7, 3, 11})} == {3, 11}


def test_a_text_whose_stored_vector_is_not_finite_is_found_by_its_words(
    store: Store, domain: Domain, view: View, add: AddDocument, caplog: pytest.LogCaptureFixture
) -> None:
    add("a.txt", "green pear\nred apple")
    with store.database.write() as connection:
        texts = schema.texts
        of_pear = sa.select(texts.c.id).where(texts.c.content == "green pear").scalar_subquery()
        broken = np.full(HashEncoder.dimension, np.nan, "<f2").tobytes()
        connection.execute(schema.vectors.update().where(schema.vectors.c.text_id == of_pear).values(data=broken))

    with open_index(store, view, 1_000_000) as index:
        words = [key for key, _ in index.snapshot.lexical.search("pear", 5)]
        cosines = dict(index.snapshot.dense.search(HashEncoder().encode_queries(["green pear"])[0], 5))

    assert contents_of(store, words) == {"green pear"}
    assert cosines[words[0]] == 0.0
    assert "1 of 2 vectors" in caplog.text


@pytest.mark.parametrize("name", ["dense_weight", "spread_gain"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_weight_that_is_not_finite_is_no_setting(name: str, value: float) -> None:
    with pytest.raises(ValidationError):
        RetrieverSettings.model_validate({name: value})
