"""Reading retrieval sets: what is judged in a split, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.sets import data_folder, find_sets, read_set


def write_set(folder: Path, documents: int = 2) -> Path:
    (folder / "qrels").mkdir(parents=True)
    lines = [{"_id": f"d{number}", "title": "", "text": "long " * number} for number in range(documents)]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    queries = [{"_id": key, "text": f"what is {key}"} for key in ("q1", "q2", "q3")]
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)), encoding="utf-8")
    rows = ["query-id\tcorpus-id\tscore", "q1\td0\t2", "q1\td1\t0", "q2\td1\t0"]
    (folder / "qrels" / "test.tsv").write_text("\n".join(rows), encoding="utf-8")
    return folder


def test_only_queries_with_a_relevant_document_are_read(tmp_path: Path) -> None:
    found = read_set(write_set(tmp_path / "one"), "test")

    assert found.documents == [("d0", "", ""), ("d1", "", "long ")]
    assert found.queries == {"q1": "what is q1"}
    assert found.qrels == {"q1": {"d0": 2}}


def test_a_set_without_the_split_has_no_queries(tmp_path: Path) -> None:
    assert read_set(write_set(tmp_path / "one"), "dev").queries == {}


def test_sets_are_found_small_ones_first(tmp_path: Path) -> None:
    write_set(tmp_path / "a_large", documents=9)
    write_set(tmp_path / "b_small")
    (tmp_path / "no_set").mkdir()

    assert find_sets(tmp_path) == ["b_small", "a_large"]


def test_the_folder_is_the_one_given_or_that_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TANDEM_DATA", str(tmp_path))

    assert data_folder(None) == tmp_path
    assert data_folder(tmp_path.parent) == tmp_path.parent


def test_without_a_folder_it_says_what_is_missing_and_exits_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TANDEM_DATA", raising=False)
    for given in (None, tmp_path / "nowhere"):
        with pytest.raises(SystemExit) as exit_info:
            data_folder(given)
        assert exit_info.value.code == 2
        assert "TANDEM_DATA" in capsys.readouterr().err
