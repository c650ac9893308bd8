"""Reranking in a search: which hits, in which order, with which scores, and who decides."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from fakes import HashEncoder, WordReader
from searching import Search, ShortestFirst, changed, texts_of

from retriever.models.encoders import Encoders
from retriever.models.reranker import ReadingReranker, Reranker
from retriever.search.retrieval_part import SearchPlan
from retriever.search.search import Request, Retriever
from retriever.settings import RetrieverSettings
from store.documents import Document
from store.domains import Domain
from store.errors import ConflictError
from store.store import Store

AddDocument = Callable[..., Document]


class ReversingReranker:
    """Prefers what the search liked least."""

    id = "reader"
    weight: float | None = None

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        del query
        return [float(place) for place in range(len(texts))]


def test_the_reranker_orders_the_best_hits_and_the_stages_show_it(
    searched: Search, add: AddDocument, convex: SearchPlan
) -> None:
    add("a.txt", "green pear\ngreen pear of a very long line\ngreen\nan unlike line")
    release = replace(changed(convex, rerank=3), reranker="shortest")
    before = searched(convex, "green pear")

    result = searched(release, "green pear", reranker=ShortestFirst())

    head = sorted(texts_of(before)[:3], key=len)
    assert head != texts_of(before)[:3]
    assert texts_of(result) == head + texts_of(before)[3:]
    assert [hit.ranks["rerank"] for hit in result.hits] == [1, 2, 3, None]
    assert [hit.score for hit in result.hits[:3]] == [-len(text) for text in head]
    assert result.hits[3].score == before.hits[3].score
    assert result.stages["rerank"] == [{"passage_id": hit.passage.id, "score": hit.score} for hit in result.hits[:3]]
    assert result.stages["fusion"] == before.stages["fusion"]


def test_the_reranker_sees_more_than_is_asked_for(searched: Search, add: AddDocument, convex: SearchPlan) -> None:
    add("a.txt", "green pear, a long line\ngreen pear\ngreen")

    result = searched(
        changed(convex, rerank=3), "green pear, a long line", reranker=ShortestFirst(), rerank=True, top_k=1
    )

    assert texts_of(result) == ["green"]


def test_a_reranker_with_a_weight_adds_its_score_to_that_of_the_search(
    store: Store, settings: RetrieverSettings, domain: Domain, convex: SearchPlan, find: Search, add: AddDocument
) -> None:
    add("a.txt", "red apple\ngreen apple")
    find("apple")
    reranker = ReversingReranker()
    reranker.weight = 1e-9
    retriever = Retriever(store, settings, Encoders(HashEncoder()), reranker)

    pinned = replace(convex, reranker="reader")
    before = retriever.search(domain.id, convex, Request("green apple"))
    after = retriever.search(domain.id, pinned, Request("green apple"))

    assert texts_of(after) == texts_of(before)
    assert [hit.score for hit in after.hits] == pytest.approx([hit.score for hit in before.hits], abs=1e-6)
    assert [hit.ranks["rerank"] for hit in after.hits] == [1, 2]
    retriever.close(checkpoint=False)


def test_a_weighted_reranker_adds_to_the_score_of_the_search(
    searched: Search, add: AddDocument, convex: SearchPlan
) -> None:
    add("a.txt", "green pear\nred apple")
    before = {hit.passage.id: hit.score for hit in searched(convex, "green pear").hits}
    reranker = ReadingReranker(WordReader())
    assert reranker.weight is not None

    result = searched(convex, "green pear", reranker=reranker, rerank=True)

    assert {hit.passage.text: hit.score - before[hit.passage.id] for hit in result.hits} == pytest.approx(
        {"green pear": reranker.weight * 2.0, "red apple": 0.0}
    )


def test_every_score_is_a_number_that_json_can_hold(searched: Search, add: AddDocument, convex: SearchPlan) -> None:
    add("a.txt", "green pear\n!!")  # of the second line the reader reads no token

    result = searched(convex, "green pear", reranker=ReadingReranker(WordReader()), rerank=True)

    assert texts_of(result) == ["green pear", "!!"]
    assert all(math.isfinite(hit.score) for hit in result.hits)


@pytest.mark.parametrize(
    ("pinned", "asked", "reranked"),
    [(None, None, False), (None, True, True), ("shortest", None, True), ("shortest", False, False)],
)
def test_the_release_says_whether_to_rerank_and_the_request_may_say_otherwise(
    searched: Search, add: AddDocument, convex: SearchPlan, pinned: str | None, asked: bool | None, reranked: bool
) -> None:
    add("a.txt", "green pear")

    result = searched(replace(convex, reranker=pinned), "green pear", reranker=ShortestFirst(), rerank=asked)

    assert (result.stages["rerank"] is not None) == reranked
    assert result.hits[0].ranks["rerank"] == (1 if reranked else None)


def test_a_depth_of_zero_switches_the_reranker_off(searched: Search, add: AddDocument, convex: SearchPlan) -> None:
    add("a.txt", "green pear")

    result = searched(replace(changed(convex, rerank=0), reranker="shortest"), "green pear", reranker=ShortestFirst())

    assert result.stages["rerank"] is None


@pytest.mark.parametrize(
    ("pinned", "configured", "asked"),
    [(None, None, True), ("shortest", None, None), ("xen_other", ShortestFirst(), None), ("xen_other", None, True)],
)
def test_a_reranker_that_is_wanted_and_not_there_is_a_conflict(
    searched: Search,
    add: AddDocument,
    convex: SearchPlan,
    pinned: str | None,
    configured: Reranker | None,
    asked: bool | None,
) -> None:
    add("a.txt", "green pear")

    with pytest.raises(ConflictError, match=f"{pinned or 'asked for'} is not loaded") as caught:
        searched(replace(convex, reranker=pinned), "green pear", reranker=configured, rerank=asked)

    assert caught.value.code == "no_reranker"
    assert searched(replace(convex, reranker=pinned), "green pear", reranker=configured, rerank=False).hits
