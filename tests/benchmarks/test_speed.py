"""The speed benchmark: what it measures is what it says, and its tables name winners and losers alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.sets import RetrievalSet
from benchmarks.speed import Times, cut_set, ingest_table, search_table, targets, times_of
from benchmarks.speed_systems import answer
from benchmarks.speed_tandem import TandemSystem

_INGEST = {
    name: {
        "passages_per_s": rate,
        "cpu_ms": 1000 / rate,
        "ndcg@10": 0.9 + lost,
        "ndcg@10 to float32": lost,
        "low": lost - 0.001,
        "high": lost + 0.001,
    }
    for name, rate, lost in (
        ("tandem:f32:dense", 20.0, 0.0),
        ("tandem:auto:dense", 35.0, -0.0005),
        ("tandem:int8:dense", 40.0, -0.01),
        ("st+faiss", 10.0, 0.0),
        ("llamaindex", 9.0, 0.0),
        ("chroma", 8.0, 0.0),
    )
}
_SEARCH = {
    name: Times(p50, p50 * 2)
    for name, p50 in (
        ("tandem:auto:dense", 4.0),
        ("tandem:auto:hybrid", 8.0),
        ("tandem:auto:query", 61.0),
        ("st+faiss", 20.0),
        ("llamaindex", 90.0),
        ("chroma", 25.0),
        ("tandem over http:search", 12.0),
        ("tandem over http:query", 50.0),
    )
}


def test_a_cut_set_keeps_the_relevant_documents_of_its_queries_and_no_long_ones() -> None:
    documents = [("a", "", "x"), ("long", "", "x" * 501), ("b", "", "y"), ("c", "", "z")]
    qrels = {"1": {"c": 1}, "2": {"long": 1}, "3": {"a": 1}, "4": {"b": 1}}
    whole = RetrievalSet("s", documents, {key: f"question {key}" for key in qrels}, qrels)

    cut = cut_set(whole, 2)

    assert [document[0] for document in cut.documents] == ["c", "a"]
    assert cut.queries == {"1": "question 1", "3": "question 3"}  # the fourth has its document cut off


def test_the_tables_compare_with_the_best_peer() -> None:
    assert "| tandem:f32:dense | 20.0 | 2.00 | 50.0 | 0.9000 | +0.0000 [-0.0010, +0.0010] |" in ingest_table(_INGEST)
    assert "| tandem:auto:dense | 4.0 | 8.0 | 5.00 |" in search_table(_SEARCH)


def test_every_target_is_judged() -> None:
    verdicts = [line.rsplit(", ")[-1] for line in targets(_INGEST, _SEARCH)]

    assert verdicts == ["MISSED", "holds", "holds", "holds", "MISSED", "holds"]
    worse = {**_INGEST, "tandem:auto:dense": {**_INGEST["tandem:auto:dense"], "high": -0.0001}}
    assert targets(worse, _SEARCH)[1].endswith("MISSED")


def test_times_are_milliseconds() -> None:
    assert times_of([0.5, 0.5]) == Times(500, 500)


@pytest.mark.usefixtures("minilm")
def test_tandem_finds_what_it_was_given_with_and_without_vectors(tmp_path: Path) -> None:
    for name, random in (("encoded", False), ("given", True)):
        system = TandemSystem(tmp_path / name, "f32", "hybrid")
        added = answer(system, {"ids": ["a", "b"], "texts": ["Red apples.", "Green pears."], "random": random})
        found = answer(system, {"queries": ["red apples"]})
        system.close()

        assert added["seconds"] > 0
        assert "a" in found["hits"][0]
