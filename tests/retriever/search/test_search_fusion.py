"""Fusion in a search: how the scores of words and of vectors become one, and what shifts their weights."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fakes import HashEncoder, vectors_of
from searching import Search, changed, texts_of
from writing import line_passages, take

from retriever.models.encoders import Encoders
from retriever.search.fusion import lexical_bound
from retriever.search.retrieval_part import SearchPlan
from retriever.search.search import Request, Retriever
from retriever.settings import RetrieverSettings
from store.document_rows import Cut
from store.documents import Document, make_all_searchable
from store.domains import Domain
from store.store import Store

AddDocument = Callable[..., Document]


class UnreadingEncoder(HashEncoder):
    """Knows no word of any query, as an English model reads Chinese."""

    def unknown_share(self, text: str) -> float:
        return 0.5 if text else 0.0


class HalfTrustingEncoder(HashEncoder):
    """Knows that its cosines are worth half."""

    def trust(self, text: str) -> float:
        del text
        return 0.5


def test_the_fused_score_is_the_convex_combination_of_both_scores(
    retriever: Retriever, domain: Domain, convex: SearchPlan, find: Search, add: AddDocument
) -> None:
    add("a.txt", "red apple\ngreen pear\nblue plum")
    find("apple")

    result = retriever.search(domain.id, convex, Request("green pear"))

    stages = {
        name: {each["passage_id"]: each["score"] for each in result.stages[name]}
        for name in ("dense", "lexical", "fusion")
    }
    bound = lexical_bound(result.term_weights)
    assert stages["dense"].keys() == stages["fusion"].keys()  # what only words found has its cosine, too
    for key, score in stages["fusion"].items():
        expected = 0.6 * stages["dense"][key] + 0.4 * stages["lexical"].get(key, 0.0) / bound
        assert score == pytest.approx(expected, abs=1e-6)
    assert result.stages["weights"] == {"dense": 0.6, "lexical": 0.4}
    assert result.hits[0].passage.text == "green pear"


def test_what_one_side_found_gets_its_exact_score_of_the_other_side(
    searched: Search, add: AddDocument, convex: SearchPlan
) -> None:
    add("a.txt", "\n".join(f"apple number {number} of many" for number in range(40)))
    options = {"query": "many apple number 7", "top_k": 1}

    few, all_of_them = searched(changed(convex, candidates=3), **options), searched(convex, **options)

    for side in ("dense", "lexical"):
        exact = {each["passage_id"]: each["score"] for each in all_of_them.stages[side]}
        found = {each["passage_id"]: each["score"] for each in few.stages[side]}
        assert 3 <= len(found) <= 6
        assert found == pytest.approx({key: exact[key] for key in found}, abs=1e-6)
    ids = [{each["passage_id"] for each in few.stages[name]} for name in ("dense", "lexical", "fusion")]
    assert ids[0] == ids[1] == ids[2]  # each of these passages has both scores


@pytest.mark.parametrize(("weight", "stage"), [(1.0, "dense"), (0.0, "lexical")])
def test_a_weight_of_one_or_zero_is_one_side_alone(
    searched: Search, add: AddDocument, convex: SearchPlan, weight: float, stage: str
) -> None:
    add("a.txt", "red apple\ngreen pear\nyellow lemon\ngreen apple")

    result = searched(changed(convex, dense_weight=weight), "green pear")

    ranked = [each["passage_id"] for each in result.stages[stage]]
    assert [hit.passage.id for hit in result.hits][: len(ranked)] == ranked
    assert result.stages["weights"][stage] == 1.0


def test_a_release_may_fuse_ranks_instead_of_scores(searched: Search, add: AddDocument, plan: SearchPlan) -> None:
    add("a.txt", "red apple\ngreen pear\ngreen lemon")

    result = searched(changed(plan, fusion="ranks"), "green pear")

    for hit in result.hits:
        ranks = [hit.ranks[side] for side in ("dense", "lexical")]
        assert hit.score == pytest.approx(sum(1 / (60 + rank) for rank in ranks if rank is not None))


def test_cosines_that_are_worth_less_weigh_less(searched: Search, add: AddDocument, convex: SearchPlan) -> None:
    add("a.txt", "red apple\ngreen pear")

    assert searched(convex, "pear", HalfTrustingEncoder()).stages["weights"] == {"dense": 0.3, "lexical": 0.7}


def test_a_question_that_the_encoder_cannot_read_is_answered_by_words(
    store: Store, settings: RetrieverSettings, domain: Domain, plan: SearchPlan, add: AddDocument
) -> None:
    add("a.txt", "带薪年假\n办公室")
    retriever = Retriever(store, settings, Encoders(UnreadingEncoder()))

    by_words = retriever.search(domain.id, plan, Request("年假"))
    by_vectors = retriever.search(domain.id, plan, Request("会议"))

    assert by_words.stages["weights"] == {"dense": 0.0, "lexical": 1.0}
    assert texts_of(by_words) == ["带薪年假"]
    assert by_words.hits[0].cosine is None
    assert by_vectors.stages["weights"] == {"dense": 1.0, "lexical": 0.0}
    assert len(by_vectors.hits) == 2  # no word hits: what the encoder makes of it is better than nothing
    retriever.close(checkpoint=False)


@pytest.mark.parametrize(("share", "weight"), [(0.0, 0.6), (0.1, 0.3), (0.2, 0.0), (0.9, 0.0)])
def test_a_domain_that_the_encoder_cannot_read_is_searched_by_words(
    store: Store,
    domain: Domain,
    settings: RetrieverSettings,
    searched: Search,
    convex: SearchPlan,
    share: float,
    weight: float,
) -> None:
    passages = line_passages("red apple\ngreen pear")
    document = take(store, domain.id, "a.txt", "red apple\ngreen pear")
    vectors = vectors_of(HashEncoder(), passages)
    unknown = dict.fromkeys(vectors, share)
    cut = Cut(document, "red apple\ngreen pear", passages)
    make_all_searchable(store, [cut], settings.chunker.passage_set, vectors, HashEncoder.space_id, unknown)

    result = searched(convex, "green pear")

    assert result.stages["unknown_share"] == pytest.approx(share)
    assert result.stages["weights"]["dense"] == pytest.approx(weight)
    assert texts_of(result) == (["green pear", "red apple"] if weight else ["green pear"])
