"""Search: both indexes, fused, as passages that exist now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from searching import Search, changed, texts_of

from retriever.search.retrieval_part import SearchPlan
from retriever.search.search import Request, Result, Retriever
from store.documents import Document
from store.domains import Domain
from store.errors import ConflictError, InvalidInputError

AddDocument = Callable[..., Document]


def test_a_hit_names_its_document_place_and_ranks(find: Search, add: AddDocument, retriever: Retriever) -> None:
    document = add("a.txt", "red apple\ngreen pear")

    result = find("green pear")

    hit = result.hits[0]
    passage = hit.passage
    assert (passage.document_id, passage.external_id, passage.title, passage.version) == (
        document.id,
        "a.txt",
        "a.txt",
        1,
    )
    assert "red apple\ngreen pear"[passage.start : passage.end] == passage.text == "green pear"
    assert hit.ranks == {"dense": 1, "lexical": 1, "rerank": None}
    assert hit.cosine == pytest.approx(1.0, abs=1e-3)
    assert hit.score == result.stages["fusion"][0]["score"] > result.hits[1].score
    assert hit.also_in == []
    assert result.index_seq == 2
    assert set(result.term_weights) == {"green", "pear"}


@pytest.mark.parametrize(
    ("mode", "ranks"),
    [
        ("dense", {"dense": 1, "lexical": None}),
        ("lexical", {"dense": None, "lexical": 1}),
        ("hybrid", {"dense": 1, "lexical": 1}),
    ],
)
def test_the_mode_says_which_index_is_asked(
    find: Search, add: AddDocument, mode: str, ranks: dict[str, int | None]
) -> None:
    add("a.txt", "red apple\ngreen pear")

    result = find("red apple", mode=mode)

    assert result.hits[0].passage.text == "red apple"
    assert result.hits[0].ranks == {**ranks, "rerank": None}
    assert (result.hits[0].cosine is None) == (mode == "lexical")
    assert len(result.hits) == (1 if mode == "lexical" else 2)


def test_without_a_mode_the_release_decides(
    retriever: Retriever, domain: Domain, plan: SearchPlan, add: AddDocument
) -> None:
    add("a.txt", "red apple\ngreen pear")
    lexical = changed(plan, mode="lexical")

    result = retriever.search(domain.id, lexical, Request("apple"))

    assert texts_of(result) == ["red apple"]


def test_equal_texts_are_one_hit_that_names_the_other_owners(find: Search, add: AddDocument) -> None:
    first = add("a.txt", "red apple\nred apple\ngreen pear")
    others = [add(name, "red apple") for name in ("b.txt", "c.txt")]

    result = find("red apple")

    assert texts_of(result) == ["red apple", "green pear"]
    assert result.hits[0].passage.document_id == first.id
    assert result.hits[0].also_in == sorted(other.id for other in others)


@pytest.mark.parametrize("top_k", [1, 3, 80])
def test_at_most_top_k_hits_come(find: Search, add: AddDocument, top_k: int) -> None:
    add("a.txt", "\n".join(f"apple number {number}" for number in range(90)))

    assert len(find("apple", top_k=top_k).hits) == top_k


@pytest.mark.parametrize("query", ["", " \n\u3000"])
def test_an_empty_query_is_refused(find: Search, query: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        find(query)

    assert (caught.value.code, caught.value.param) == ("empty_query", "query")


def test_a_search_of_an_empty_domain_finds_nothing(find: Search) -> None:
    assert find("apple").hits == []


@pytest.mark.parametrize("key", ["space_id", "passage_set"])
def test_a_release_of_another_space_or_passage_set_is_refused_by_name(
    retriever: Retriever, domain: Domain, plan: SearchPlan, key: str
) -> None:
    with pytest.raises(ConflictError, match=f"{key} foreign") as caught:
        retriever.search(domain.id, replace(plan, **{key: "foreign"}), Request("apple"))

    assert caught.value.code == "wrong_space"


def test_the_stages_show_passages_scores_and_weights(find: Search, add: AddDocument) -> None:
    add("a.txt", "red apple\ngreen pear")

    result = find("green pear")

    stages, (pear, apple) = result.stages, [hit.passage.id for hit in result.hits]
    assert set(stages) == {"dense", "lexical", "fusion", "weights", "unknown_share", "rerank"}
    assert sum(stages["weights"].values()) == pytest.approx(1.0)
    assert stages["unknown_share"] == 0.0
    assert stages["rerank"] is None
    assert {each["passage_id"] for each in stages["dense"]} == {pear, apple}
    assert [each["passage_id"] for each in stages["lexical"]] == [pear]
    assert [(each["passage_id"], each["score"]) for each in stages["fusion"]] == [
        (hit.passage.id, hit.score) for hit in result.hits
    ]
    assert all(set(each) == {"passage_id", "score"} for name in ("dense", "lexical", "fusion") for each in stages[name])


def test_the_release_decides_how_many_candidates_each_index_gives(
    retriever: Retriever, domain: Domain, plan: SearchPlan, find: Search, add: AddDocument
) -> None:
    add("a.txt", "red apple\ngreen apple\nblue apple")
    find("apple")

    def searched(**settings: int) -> Result:
        chosen = changed(plan, fusion="ranks", **settings)
        return retriever.search(domain.id, chosen, Request("apple", top_k=1))

    assert len(searched(candidates=2).stages["lexical"]) == 2
    assert len(searched(candidates=50).stages["lexical"]) == 3
    best = searched(rank_constant=1).hits[0]
    places = [best.ranks[name] for name in ("dense", "lexical")]
    assert best.score == pytest.approx(sum(1 / (1 + place) for place in places if place is not None))
