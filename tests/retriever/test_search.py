"""Search: both indexes, fused, as passages that exist now."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from fakes import HashEncoder, WordReader, vectors_of
from writing import line_passages, take

from retriever import search
from retriever.filters import Comparison
from retriever.fusion import lexical_bound
from retriever.reranker import ReadingReranker, Reranker
from retriever.search import Request, Result, Retriever
from retriever.settings import RetrieverSettings
from store.document_rows import Cut
from store.documents import Document, delete_document, make_all_searchable
from store.domains import Domain
from store.errors import ConflictError, InvalidInputError, NotReadyError
from store.passages import last_seq
from store.releases import active_release
from store.store import Store

AddDocument = Callable[..., Document]
Search = Callable[..., Result]


class UnreadingEncoder(HashEncoder):
    """Knows no word of any query, as an English model reads Chinese."""

    def unknown_share(self, text: str) -> float:
        return 0.5 if text else 0.0


class HalfTrustingEncoder(HashEncoder):
    """Knows that its cosines are worth half."""

    def trust(self, text: str) -> float:
        del text
        return 0.5


class ShortestFirst:
    """Prefers short passages; its scores alone decide."""

    id = "shortest"
    weight: float | None = None

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        del query
        return [-float(len(text)) for text in texts]


@pytest.fixture
def retriever(store: Store, settings: RetrieverSettings) -> Iterator[Retriever]:
    opened = Retriever(store, settings, HashEncoder())
    yield opened
    opened.close(checkpoint=False)


@pytest.fixture
def manifest(store: Store, domain: Domain) -> dict[str, Any]:
    return active_release(store, domain.id).manifest


@pytest.fixture
def find(retriever: Retriever, domain: Domain, manifest: dict[str, Any]) -> Search:
    """Search the domain as it is now."""

    def search_now(query: str, **options: Any) -> Result:
        retriever.index(domain.id).follow()
        return retriever.search(domain.id, manifest, Request(query, **options))

    return search_now


@pytest.fixture
def searched(store: Store, settings: RetrieverSettings, domain: Domain) -> Search:
    """Search under a manifest, with an encoder and a reranker of choice."""

    def search_with(
        manifest: dict[str, Any],
        query: str,
        encoder: HashEncoder | None = None,
        reranker: Reranker | None = None,
        **options: Any,
    ) -> Result:
        opened = Retriever(store, settings, encoder or HashEncoder(), reranker)
        try:
            return opened.search(domain.id, manifest, Request(query, **options))
        finally:
            opened.close(checkpoint=False)

    return search_with


def _changed(manifest: dict[str, Any], **settings: Any) -> dict[str, Any]:
    return {**manifest, "retrieval": {**manifest["retrieval"], **settings}}


def _stage(result: Result, name: str) -> dict[str, float]:
    """Return the texts of a stage with their scores."""
    texts = {hit.passage.id: hit.passage.text for hit in result.hits}
    return {texts[each["passage_id"]]: each["score"] for each in result.stages[name]}


def _texts(result: Result) -> list[str]:
    return [hit.passage.text for hit in result.hits]


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
    assert hit.score == pytest.approx(2 / 61)
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
    retriever: Retriever, domain: Domain, manifest: dict[str, Any], add: AddDocument
) -> None:
    add("a.txt", "red apple\ngreen pear")
    lexical = {**manifest, "retrieval": {**manifest["retrieval"], "mode": "lexical"}}

    result = retriever.search(domain.id, lexical, Request("apple"))

    assert _texts(result) == ["red apple"]


def test_equal_texts_are_one_hit_that_names_the_other_owners(find: Search, add: AddDocument) -> None:
    first = add("a.txt", "red apple\nred apple\ngreen pear")
    others = [add(name, "red apple") for name in ("b.txt", "c.txt")]

    result = find("red apple")

    assert _texts(result) == ["red apple", "green pear"]
    assert result.hits[0].passage.document_id == first.id
    assert result.hits[0].also_in == sorted(other.id for other in others)


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


def test_a_document_deleted_after_the_snapshot_is_never_shown(
    store: Store, retriever: Retriever, domain: Domain, manifest: dict[str, Any], find: Search, add: AddDocument
) -> None:
    document = add("a.txt", "red apple\ngreen pear")
    add("b.txt", "green pear\nyellow lemon")
    assert "red apple" in _texts(find("red apple"))
    delete_document(store, domain.id, document.id)

    result = retriever.search(domain.id, manifest, Request("red apple green pear"))  # the index did not follow

    assert sorted(_texts(result)) == ["green pear", "yellow lemon"]
    assert {hit.passage.external_id for hit in result.hits} == {"b.txt"}


def test_a_search_is_at_least_as_new_as_the_change_it_names(
    store: Store, retriever: Retriever, domain: Domain, manifest: dict[str, Any], find: Search, add: AddDocument
) -> None:
    find("apple")
    add("a.txt", "red apple")

    assert _texts(retriever.search(domain.id, manifest, Request("apple"))) == []
    newest = last_seq(store, domain.id)
    result = retriever.search(domain.id, manifest, Request("apple", min_seq=newest))

    assert _texts(result) == ["red apple"]
    assert result.index_seq == newest


def test_a_change_that_comes_while_a_search_waits_is_found(
    monkeypatch: pytest.MonkeyPatch, find: Search, add: AddDocument
) -> None:
    monkeypatch.setattr(search, "_WAIT_S", 30.0)
    later = threading.Timer(0.2, add, ("a.txt", "red apple"))
    later.start()

    assert _texts(find("apple", min_seq=1)) == ["red apple"]
    later.join()


def test_a_change_that_never_comes_is_waited_for_only_so_long(
    monkeypatch: pytest.MonkeyPatch, find: Search, add: AddDocument
) -> None:
    monkeypatch.setattr(search, "_WAIT_S", 0.1)
    add("a.txt", "red apple")
    begun = time.monotonic()

    with pytest.raises(NotReadyError, match=r"at change 1; 2 was asked"):
        find("apple", min_seq=2)

    assert 0.1 <= time.monotonic() - begun < 5


@pytest.mark.parametrize("key", ["space_id", "passage_set"])
def test_a_release_of_another_space_or_passage_set_is_refused_by_name(
    retriever: Retriever, domain: Domain, manifest: dict[str, Any], key: str
) -> None:
    with pytest.raises(ConflictError, match=f"{key} foreign") as caught:
        retriever.search(domain.id, {**manifest, key: "foreign"}, Request("apple"))

    assert caught.value.code == "wrong_space"


def test_a_question_that_the_encoder_cannot_read_is_answered_by_words(
    store: Store, settings: RetrieverSettings, domain: Domain, manifest: dict[str, Any], add: AddDocument
) -> None:
    add("a.txt", "带薪年假\n办公室")
    retriever = Retriever(store, settings, UnreadingEncoder())

    by_words = retriever.search(domain.id, manifest, Request("年假"))
    by_vectors = retriever.search(domain.id, manifest, Request("会议"))

    assert by_words.stages["weights"] == {"dense": 0.0, "lexical": 1.0}
    assert _texts(by_words) == ["带薪年假"]
    assert by_words.hits[0].cosine is None
    assert by_vectors.stages["weights"] == {"dense": 1.0, "lexical": 0.0}
    assert len(by_vectors.hits) == 2  # no word hits: what the encoder makes of it is better than nothing
    retriever.close(checkpoint=False)


def test_the_stages_show_passages_scores_and_weights(find: Search, add: AddDocument) -> None:
    add("a.txt", "red apple\ngreen pear")

    result = find("green pear")

    stages, (pear, apple) = result.stages, [hit.passage.id for hit in result.hits]
    assert set(stages) == {"dense", "lexical", "fusion", "weights", "unknown_share", "rerank"}
    assert (stages["weights"], stages["unknown_share"]) == ({"dense": 0.5, "lexical": 0.5}, 0.0)
    assert stages["rerank"] is None
    assert {each["passage_id"] for each in stages["dense"]} == {pear, apple}
    assert [each["passage_id"] for each in stages["lexical"]] == [pear]
    assert [(each["passage_id"], each["score"]) for each in stages["fusion"]] == [
        (hit.passage.id, hit.score) for hit in result.hits
    ]
    assert all(set(each) == {"passage_id", "score"} for name in ("dense", "lexical", "fusion") for each in stages[name])


def test_a_deleted_passage_is_in_no_stage(
    store: Store, retriever: Retriever, domain: Domain, manifest: dict[str, Any], find: Search, add: AddDocument
) -> None:
    add("a.txt", "red apple")
    gone = add("b.txt", "green apple")
    find("apple")
    delete_document(store, domain.id, gone.id)

    result = retriever.search(domain.id, manifest, Request("apple"))  # the index did not follow

    (left,) = [hit.passage.id for hit in result.hits]
    for name in ("dense", "lexical", "fusion"):
        assert {each["passage_id"] for each in result.stages[name]} <= {left}


def test_the_release_decides_how_many_candidates_each_index_gives(
    retriever: Retriever, domain: Domain, manifest: dict[str, Any], find: Search, add: AddDocument
) -> None:
    add("a.txt", "red apple\ngreen apple\nblue apple")
    find("apple")

    def searched(**settings: int) -> Result:
        chosen = {**manifest, "retrieval": {**manifest["retrieval"], **settings}}
        return retriever.search(domain.id, chosen, Request("apple", top_k=1))

    assert len(searched(candidates=2).stages["lexical"]) == 2
    assert len(searched(candidates=50).stages["lexical"]) == 3
    best = searched(rank_constant=1).hits[0]
    places = [best.ranks[name] for name in ("dense", "lexical")]
    assert best.score == pytest.approx(sum(1 / (1 + place) for place in places if place is not None))


def test_closing_with_a_checkpoint_lets_the_next_retriever_load_it(
    store: Store, settings: RetrieverSettings, domain: Domain, manifest: dict[str, Any], add: AddDocument
) -> None:
    add("a.txt", "red apple")
    first = Retriever(store, settings, HashEncoder())
    first.search(domain.id, manifest, Request("apple", min_seq=1))
    first.close(checkpoint=True)

    second = Retriever(store, settings, HashEncoder())

    assert second.index(domain.id).snapshot.seq == 1
    assert not second.index(domain.id).rebuilt
    assert _texts(second.search(domain.id, manifest, Request("apple"))) == ["red apple"]
    second.close(checkpoint=False)


def test_a_forgotten_index_is_opened_anew(retriever: Retriever, domain: Domain, add: AddDocument) -> None:
    before = retriever.index(domain.id)
    add("a.txt", "red apple")

    retriever.forget(domain.id)

    assert retriever.index(domain.id) is not before
    assert len(retriever.index(domain.id).ids()) == 1


def test_following_brings_every_open_index_up_to_date(retriever: Retriever, domain: Domain, add: AddDocument) -> None:
    index = retriever.index(domain.id)
    add("a.txt", "red apple")

    retriever.follow()

    assert index.snapshot.seq == 1


class ReversingReranker:
    """Prefers what the search liked least."""

    id = "reader"
    weight: float | None = None

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        del query
        return [float(place) for place in range(len(texts))]


@pytest.fixture
def convex(manifest: dict[str, Any]) -> dict[str, Any]:
    """The release as new ones are: fused by a convex combination."""
    retrieval = {**manifest["retrieval"], "fusion": "convex", "dense_weight": 0.6, "rerank": 2}
    return {**manifest, "retrieval": retrieval, "reranker": None}


def test_the_fused_score_is_the_convex_combination_of_both_scores(
    retriever: Retriever, domain: Domain, convex: dict[str, Any], find: Search, add: AddDocument
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


def test_no_stage_shows_a_document_that_the_filter_keeps_out(
    retriever: Retriever, domain: Domain, convex: dict[str, Any], find: Search, add: AddDocument
) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        add(name, f"an apple of {name}\na pear of {name}\nnothing in {name}")
    find("apple")
    only = Comparison(type="eq", key="external_id", value="b.txt")

    result = retriever.search(domain.id, convex, Request("apple", filters=only))

    inside = {hit.passage.id for hit in result.hits}
    assert {hit.passage.external_id for hit in result.hits} == {"b.txt"}
    assert len(inside) == 3
    for name in ("dense", "lexical", "fusion"):
        assert {each["passage_id"] for each in result.stages[name]} <= inside


def test_the_reranker_has_the_last_word_on_the_best_hits_only(
    store: Store, settings: RetrieverSettings, domain: Domain, convex: dict[str, Any], find: Search, add: AddDocument
) -> None:
    add("a.txt", "red apple\ngreen apple\nblue apple")
    find("apple")
    retriever = Retriever(store, settings, HashEncoder(), ReversingReranker())

    before = retriever.search(domain.id, convex, Request("apple", rerank=False))
    after = retriever.search(domain.id, convex, Request("apple", rerank=True))

    first, second, third = _texts(before)
    assert _texts(after) == [second, first, third]
    assert [hit.ranks["rerank"] for hit in after.hits] == [1, 2, None]
    assert [each["score"] for each in after.stages["rerank"]] == [1.0, 0.0]
    assert before.stages["rerank"] is None
    retriever.close(checkpoint=False)


def test_a_reranker_with_a_weight_adds_its_score_to_that_of_the_search(
    store: Store, settings: RetrieverSettings, domain: Domain, convex: dict[str, Any], find: Search, add: AddDocument
) -> None:
    add("a.txt", "red apple\ngreen apple")
    find("apple")
    reranker = ReversingReranker()
    reranker.weight = 1e-9
    retriever = Retriever(store, settings, HashEncoder(), reranker)

    pinned = {**convex, "reranker": "reader"}
    before = retriever.search(domain.id, convex, Request("green apple"))
    after = retriever.search(domain.id, pinned, Request("green apple"))

    assert _texts(after) == _texts(before)
    assert [hit.score for hit in after.hits] == pytest.approx([hit.score for hit in before.hits], abs=1e-6)
    assert [hit.ranks["rerank"] for hit in after.hits] == [1, 2]
    retriever.close(checkpoint=False)


def test_a_reranker_that_is_not_loaded_is_refused_and_not_left_out(
    retriever: Retriever, domain: Domain, convex: dict[str, Any], find: Search, add: AddDocument
) -> None:
    add("a.txt", "red apple")
    find("apple")

    with pytest.raises(ConflictError, match="not loaded") as caught:
        retriever.search(domain.id, convex, Request("apple", rerank=True))
    assert caught.value.code == "no_reranker"
    with pytest.raises(ConflictError, match="xen_1"):
        retriever.search(domain.id, {**convex, "reranker": "xen_1"}, Request("apple"))


def test_what_one_side_found_gets_its_exact_score_of_the_other_side(
    searched: Search, add: AddDocument, convex: dict[str, Any]
) -> None:
    add("a.txt", "\n".join(f"apple number {number} of many" for number in range(40)))
    options = {"query": "many apple number 7", "top_k": 1}

    few, all_of_them = searched(_changed(convex, candidates=3), **options), searched(convex, **options)

    for side in ("dense", "lexical"):
        exact = {each["passage_id"]: each["score"] for each in all_of_them.stages[side]}
        found = {each["passage_id"]: each["score"] for each in few.stages[side]}
        assert 3 <= len(found) <= 6
        assert found == pytest.approx({key: exact[key] for key in found}, abs=1e-6)
    ids = [{each["passage_id"] for each in few.stages[name]} for name in ("dense", "lexical", "fusion")]
    assert ids[0] == ids[1] == ids[2]  # each of these passages has both scores


@pytest.mark.parametrize(("weight", "stage"), [(1.0, "dense"), (0.0, "lexical")])
def test_a_weight_of_one_or_zero_is_one_side_alone(
    searched: Search, add: AddDocument, convex: dict[str, Any], weight: float, stage: str
) -> None:
    add("a.txt", "red apple\ngreen pear\nyellow lemon\ngreen apple")

    result = searched(_changed(convex, dense_weight=weight), "green pear")

    ranked = [each["passage_id"] for each in result.stages[stage]]
    assert [hit.passage.id for hit in result.hits][: len(ranked)] == ranked
    assert result.stages["weights"][stage] == 1.0


def test_a_release_from_before_fusion_was_a_choice_is_ranked_by_ranks(
    searched: Search, add: AddDocument, manifest: dict[str, Any]
) -> None:
    add("a.txt", "red apple\ngreen pear\ngreen lemon")
    assert "fusion" not in manifest["retrieval"]

    result = searched(manifest, "green pear")

    for hit in result.hits:
        ranks = [hit.ranks[side] for side in ("dense", "lexical")]
        assert hit.score == pytest.approx(sum(1 / (60 + rank) for rank in ranks if rank is not None))
    assert [hit.score for hit in searched(_changed(manifest, fusion="ranks"), "green pear").hits] == [
        hit.score for hit in result.hits
    ]


def test_cosines_that_are_worth_less_weigh_less(searched: Search, add: AddDocument, convex: dict[str, Any]) -> None:
    add("a.txt", "red apple\ngreen pear")

    assert searched(convex, "pear", HalfTrustingEncoder()).stages["weights"] == {"dense": 0.3, "lexical": 0.7}


@pytest.mark.parametrize(("share", "weight"), [(0.0, 0.6), (0.1, 0.3), (0.2, 0.0), (0.9, 0.0)])
def test_a_domain_that_the_encoder_cannot_read_is_searched_by_words(
    store: Store,
    domain: Domain,
    settings: RetrieverSettings,
    searched: Search,
    convex: dict[str, Any],
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
    assert _texts(result) == (["green pear", "red apple"] if weight else ["green pear"])


@pytest.mark.parametrize("fusion", ["convex", "ranks"])
def test_filters_hold_in_every_stage(searched: Search, add: AddDocument, convex: dict[str, Any], fusion: str) -> None:
    add("no.txt", "\n".join(f"apple number {number}" for number in range(60)), {"wanted": False})
    add("yes.txt", "\n".join(f"apple number {number} too" for number in range(12)), {"wanted": True})
    release = {**_changed(convex, fusion=fusion, candidates=4, rerank=3), "reranker": "shortest"}

    only = Comparison(type="eq", key="wanted", value=True)
    result = searched(release, "apple number 1", reranker=ShortestFirst(), top_k=50, filters=only)

    assert {hit.passage.external_id for hit in result.hits} == {"yes.txt"}
    assert len(result.hits) == 12
    wanted = {hit.passage.id for hit in result.hits}
    for name in ("dense", "lexical", "fusion", "rerank"):
        assert {each["passage_id"] for each in result.stages[name]} <= wanted
    assert len(result.stages["rerank"]) == 3


def test_the_reranker_orders_the_best_hits_and_the_stages_show_it(
    searched: Search, add: AddDocument, convex: dict[str, Any]
) -> None:
    add("a.txt", "green pear\ngreen pear of a very long line\ngreen\nan unlike line")
    release = {**_changed(convex, rerank=3), "reranker": "shortest"}
    before = searched(convex, "green pear")

    result = searched(release, "green pear", reranker=ShortestFirst())

    head = sorted(_texts(before)[:3], key=len)
    assert _texts(result) == head + _texts(before)[3:]
    assert [hit.ranks["rerank"] for hit in result.hits] == [1, 2, 3, None]
    assert [hit.score for hit in result.hits[:3]] == [-len(text) for text in head]
    assert result.hits[3].score == before.hits[3].score
    assert result.stages["rerank"] == [{"passage_id": hit.passage.id, "score": hit.score} for hit in result.hits[:3]]
    assert result.stages["fusion"] == before.stages["fusion"]


def test_the_reranker_sees_more_than_is_asked_for(searched: Search, add: AddDocument, convex: dict[str, Any]) -> None:
    add("a.txt", "green pear, a long line\ngreen pear\ngreen")

    result = searched(
        _changed(convex, rerank=3), "green pear, a long line", reranker=ShortestFirst(), rerank=True, top_k=1
    )

    assert _texts(result) == ["green"]


def test_a_weighted_reranker_adds_to_the_score_of_the_search(
    searched: Search, add: AddDocument, convex: dict[str, Any]
) -> None:
    add("a.txt", "green pear\nred apple")
    before = {hit.passage.id: hit.score for hit in searched(convex, "green pear").hits}
    reranker = ReadingReranker(WordReader())
    assert reranker.weight is not None

    result = searched(convex, "green pear", reranker=reranker, rerank=True)

    assert {hit.passage.text: hit.score - before[hit.passage.id] for hit in result.hits} == pytest.approx(
        {"green pear": reranker.weight * 2.0, "red apple": 0.0}
    )


def test_every_score_is_a_number_that_json_can_hold(searched: Search, add: AddDocument, convex: dict[str, Any]) -> None:
    add("a.txt", "green pear\n!!")  # of the second line the reader reads no token

    result = searched(convex, "green pear", reranker=ReadingReranker(WordReader()), rerank=True)

    assert _texts(result) == ["green pear", "!!"]
    assert all(math.isfinite(hit.score) for hit in result.hits)


@pytest.mark.parametrize(
    ("pinned", "asked", "reranked"),
    [(None, None, False), (None, True, True), ("shortest", None, True), ("shortest", False, False)],
)
def test_the_release_says_whether_to_rerank_and_the_request_may_say_otherwise(
    searched: Search, add: AddDocument, convex: dict[str, Any], pinned: str | None, asked: bool | None, reranked: bool
) -> None:
    add("a.txt", "green pear")

    result = searched({**convex, "reranker": pinned}, "green pear", reranker=ShortestFirst(), rerank=asked)

    assert (result.stages["rerank"] is not None) == reranked
    assert result.hits[0].ranks["rerank"] == (1 if reranked else None)


def test_a_depth_of_zero_switches_the_reranker_off(searched: Search, add: AddDocument, convex: dict[str, Any]) -> None:
    add("a.txt", "green pear")

    result = searched({**_changed(convex, rerank=0), "reranker": "shortest"}, "green pear", reranker=ShortestFirst())

    assert result.stages["rerank"] is None


@pytest.mark.parametrize(
    ("pinned", "configured", "asked"),
    [(None, None, True), ("shortest", None, None), ("xen_other", ShortestFirst(), None), ("xen_other", None, True)],
)
def test_a_reranker_that_is_wanted_and_not_there_is_a_conflict(
    searched: Search,
    add: AddDocument,
    convex: dict[str, Any],
    pinned: str | None,
    configured: Reranker | None,
    asked: bool | None,
) -> None:
    add("a.txt", "green pear")

    with pytest.raises(ConflictError, match=pinned or "asked for") as caught:
        searched({**convex, "reranker": pinned}, "green pear", reranker=configured, rerank=asked)

    assert caught.value.code == "no_reranker"
    assert searched({**convex, "reranker": pinned}, "green pear", reranker=configured, rerank=False).hits
