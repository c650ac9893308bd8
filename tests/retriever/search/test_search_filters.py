"""Searches under a filter: only what passes it is found, in every stage, and no slot stays empty."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from searching import Search, ShortestFirst, changed

from retriever.search.filters import Comparison
from retriever.search.retrieval_part import SearchPlan
from store.documents import Document

AddDocument = Callable[..., Document]


def test_filters_choose_the_owner_that_passes(find: Search, add: AddDocument) -> None:
    add("a.txt", "red apple", {"year": 2023})
    second = add("b.txt", "red apple", {"year": 2024})

    result = find("red apple", filters=Comparison(type="eq", key="year", value=2024))

    assert [hit.passage.document_id for hit in result.hits] == [second.id]
    assert result.hits[0].also_in == []


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_filters_leave_no_slot_empty_while_passages_match(find: Search, add: AddDocument, mode: str) -> None:
    add("many.txt", "\n".join(f"apple number {number}" for number in range(120)), {"wanted": False})
    add("few.txt", "\n".join(f"some apple {number}" for number in range(6)), {"wanted": True})

    result = find("apple number 1", mode=mode, top_k=5, filters=Comparison(type="eq", key="wanted", value=True))

    assert [hit.passage.external_id for hit in result.hits] == ["few.txt"] * 5


def test_filters_that_nothing_passes_give_no_hits(find: Search, add: AddDocument) -> None:
    add("a.txt", "red apple")

    assert find("red apple", filters=Comparison(type="eq", key="year", value=1)).hits == []


@pytest.mark.parametrize("fusion", ["convex", "ranks"])
def test_filters_hold_in_every_stage(searched: Search, add: AddDocument, convex: SearchPlan, fusion: str) -> None:
    add("no.txt", "\n".join(f"apple number {number}" for number in range(60)), {"wanted": False})
    add("yes.txt", "\n".join(f"apple number {number} too" for number in range(12)), {"wanted": True})
    release = replace(changed(convex, fusion=fusion, candidates=4, rerank=3), reranker="shortest")

    only = Comparison(type="eq", key="wanted", value=True)
    result = searched(release, "apple number 1", reranker=ShortestFirst(), top_k=50, filters=only)

    assert {hit.passage.external_id for hit in result.hits} == {"yes.txt"}
    assert len(result.hits) == 12
    wanted = {hit.passage.id for hit in result.hits}
    for name in ("dense", "lexical", "fusion", "rerank"):
        assert {each["passage_id"] for each in result.stages[name]} <= wanted
    assert len(result.stages["rerank"]) == 3
