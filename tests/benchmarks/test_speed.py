"""The speed benchmark: what it measures is what it says, and its tables name winners and losers alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.sets import RetrievalSet
from benchmarks.speed import Times, cut_set, ingest_table, search_table, targets, times_of
from benchmarks.speed_systems import answer
from benchmarks.speed_tandem import TandemSystem

_INGEST = {
    name: {"passages_per_s": rate, "cpu_ms": 1000 / rate, "ndcg@10": 0.9}
    for name, rate in (
        ("tandem:f32:dense", 20.0),
        ("tandem:auto:dense", 35.0),
        ("st+faiss", 10.0),
        ("llamaindex", 9.0),
        ("chroma", 8.0),
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
    whole = RetrievalSet("s", documents, {"1": "one", "2": "two"}, {"1": {"c": 1}, "2": {"long": 1}})

    cut = cut_set(whole, 2, 10)

    assert [document[0] for document in cut.documents] == ["c", "a"]
    assert cut.queries == {"1": "one"}


def test_the_tables_compare_with_the_best_peer() -> None:
    assert "| tandem:f32:dense | 20.0 | 2.00 | 50.0 | 0.9000 |" in ingest_table(_INGEST)
    assert "| tandem:auto:dense | 4.0 | 8.0 | 5.00 |" in search_table(_SEARCH)


def test_every_target_is_judged() -> None:
    verdicts = [line.rsplit(", ")[-1] for line in targets(_INGEST, _SEARCH)]

    assert verdicts == ["MISSED", "holds", "holds", "holds", "MISSED", "holds"]


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
