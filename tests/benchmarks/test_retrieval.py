"""The retrieval benchmark: its metrics by hand, what it keeps, and a whole run over a small set."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from fakes import HashEncoder
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.retrieval import main, spread
from benchmarks.retrieval_metrics import ndcg, recall
from benchmarks.vector_cache import CachedEncoder, VectorCache
from retriever.models.encoder import Vectors

_DOCUMENTS = st.lists(st.sampled_from("abcdefghijklmnop"), unique=True)


def test_ndcg_by_hand() -> None:
    grades = {"a": 3, "b": 1}
    best = 3 + 1 / math.log2(3)

    assert ndcg(["a", "b"], grades) == pytest.approx(1.0)
    assert ndcg(["b", "a"], grades) == pytest.approx((1 + 3 / math.log2(3)) / best)
    assert ndcg(["x", "y", "a"], grades) == pytest.approx(3 / 2 / best)
    assert ndcg([], grades) == 0


def test_only_the_first_ten_count() -> None:
    others = [f"x{number}" for number in range(10)]

    assert ndcg([*others, "a"], {"a": 1}) == recall([*others, "a"], {"a": 1}) == 0
    assert ndcg([*others[:9], "a"], {"a": 1}) == pytest.approx(1 / math.log2(11))


def test_recall_is_of_all_relevant_documents() -> None:
    grades = {f"d{number}": 1 for number in range(20)}

    assert recall([f"d{number}" for number in range(10)], grades) == 0.5
    assert recall(["x", "d3"], grades) == 0.05


@given(_DOCUMENTS, st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 3), min_size=1))
def test_metrics_are_shares_and_the_best_order_is_perfect(ranked: list[str], grades: dict[str, int]) -> None:
    assert 0 <= ndcg(ranked, grades) <= 1 + 1e-9
    assert 0 <= recall(ranked, grades) <= 1
    assert ndcg(sorted(grades, key=lambda key: -grades[key]), grades) == pytest.approx(1)


def test_a_sample_is_spread_evenly() -> None:
    assert spread("abcdefghij", 5) == ["a", "c", "e", "g", "i"]
    assert spread("abc", 5) == ["a", "b", "c"]


class CountingEncoder(HashEncoder):
    """Remembers what it was asked to encode."""

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.encoded += texts
        return super().encode_passages(texts)


def test_a_text_is_encoded_once_even_in_a_later_run(tmp_path: Path) -> None:
    first = CountingEncoder()
    cached = CachedEncoder(first, tmp_path)
    vectors = cached.encode_passages(["one", "two", "one"])
    cached.cache.save()
    cached.encode_passages(["three"])
    cached.cache.save()
    second = CountingEncoder()
    again = CachedEncoder(second, tmp_path)

    assert np.array_equal(again.encode_passages(["one", "two", "one"]), vectors)
    assert np.array_equal(vectors, HashEncoder().encode_passages(["one", "two", "one"]))
    assert again.encode_passages(["three"]).shape == (1, HashEncoder.dimension)
    assert (first.encoded, second.encoded) == (["one", "two", "three"], [])


def test_queries_passages_and_spaces_are_kept_apart(tmp_path: Path) -> None:
    first, other = VectorCache(tmp_path, "first"), VectorCache(tmp_path, "other")

    for number, (cache, kind) in enumerate([(first, "passage"), (first, "query"), (other, "passage")]):
        expected = np.full((1, 2), number, np.float32)
        assert cache.vectors(kind, ["one"], lambda _, rows=expected: rows) is not None
        cache.save()
        np.testing.assert_array_equal(cache.vectors(kind, ["one"], lambda _: np.empty((0, 2), np.float32)), expected)


def test_without_a_folder_nothing_is_written() -> None:
    cached = CachedEncoder(CountingEncoder(), None)

    assert cached.encode_passages([]).shape == (0, HashEncoder.dimension)
    cached.encode_passages(["one"])
    cached.cache.save()


def _small_set(data: Path) -> None:
    folder = data / "small"
    (folder / "qrels").mkdir(parents=True)
    documents = [
        {"_id": "leave.md", "title": "Leave", "text": "# Leave\n\nEmployees get 25 days of holiday a year."},
        {"_id": "title-only", "title": "Parking permits for visitors", "text": ""},
        {"_id": "nothing", "title": "", "text": ""},
        {"_id": "food", "title": "", "text": "The canteen serves lunch from noon to two."},
    ]
    queries = [
        {"_id": "q1", "text": "how many days of holiday"},
        {"_id": "q2", "text": "parking permits"},
        {"_id": "q3", "text": " "},
    ]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, documents)), encoding="utf-8")
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)), encoding="utf-8")
    judged = "q\td\ts\nq1\tleave.md\t1\nq2\ttitle-only\t2\nq3\tfood\t1\n"
    (folder / "qrels" / "test.tsv").write_text(judged, encoding="utf-8")


def test_a_whole_run_of_the_lexical_search(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A document of a title alone is found by it; an empty query finds nothing; what cannot run is named."""
    _small_set(tmp_path / "data")
    options = ["--data", str(tmp_path / "data"), "--systems", "lexical,reranked", "--reranker", "none"]
    numbers = tmp_path / "numbers.json"

    main([*options, "--cache", str(tmp_path / "cache"), "--json", str(numbers)])

    printed = capsys.readouterr().out
    assert "reranked is left out" in printed
    assert "| small | 3 | 0.667 / 0.667 |" in printed
    assert "failed" not in printed
    figures = json.loads(numbers.read_text(encoding="utf-8"))
    assert figures["small"]["lexical"]["ndcg"] == pytest.approx(2 / 3)
    assert list((tmp_path / "cache").glob("*/*.npz"))


def test_reranking_is_compared_on_a_sample(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _small_set(tmp_path)
    numbers = tmp_path / "numbers.json"

    main(["--data", str(tmp_path), "--systems", "reranked,hybrid", "--rerank-limit", "2", "--json", str(numbers)])

    assert "| set | queries | reranked | hybrid |" in capsys.readouterr().out
    figures = json.loads(numbers.read_text(encoding="utf-8"))["small"]
    assert figures["reranked"]["queries"] == 2
    assert figures["reranked"]["gain"] == pytest.approx(figures["reranked"]["ndcg"] - 1.0)  # hybrid finds both


def test_a_set_that_does_not_exist_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _small_set(tmp_path)
    with pytest.raises(SystemExit) as exit_info:
        main(["--data", str(tmp_path), "--sets", "smal"])

    assert exit_info.value.code == 2
    assert "smal" in capsys.readouterr().err
