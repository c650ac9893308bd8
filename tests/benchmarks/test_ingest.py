"""The benchmark of a bulk ingest: what it takes of the corpus, what it says, and a whole run with a kill."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from benchmarks.ingest import Figures, batches, corpus, main, percentile, table
from benchmarks.ingest_served import processes


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of data sets with a load corpus of forty documents in two files."""
    folder = tmp_path / "data" / "load_corpus"
    folder.mkdir(parents=True)
    for part in range(2):
        with gzip.open(folder / f"load-{part}.jsonl.gz", "wt", encoding="utf-8") as lines:
            for number in range(20):
                text = f"# Harbour {part}-{number}\n\n" + f"Boat {number} leaves pier {part} at noon. " * (number + 1)
                line = {"id": f"{part}/{number}.md", "title": f"Harbour {part}-{number}", "text": text}
                lines.write(json.dumps(line) + "\n")
    return tmp_path / "data"


@pytest.mark.parametrize("share", [0.1, 0.3, 1.0])
def test_a_share_is_an_even_sample_with_about_so_many_bytes(data: Path, share: float) -> None:
    whole, chosen = corpus(data, 1.0), corpus(data, share)

    sizes = [sum(len(each["text"]) for each in documents) for documents in (whole, chosen)]
    assert len(whole) == 40
    assert sizes[1] / sizes[0] == pytest.approx(share, abs=0.06)
    assert {each["external_id"][0] for each in chosen} == {"0", "1"}


def test_batches_hold_all_documents_in_order_and_are_bounded() -> None:
    documents = [{"external_id": str(number), "title": "", "text": "x" * 300_000} for number in range(15)]

    made = list(batches(documents))

    assert [each for batch in made for each in batch] == documents
    assert [len(batch) for batch in made] == [6, 6, 3]


def test_percentiles_are_values_that_there_were() -> None:
    assert [percentile([4, 1, 3, 2], part) for part in (0.0, 0.5, 0.95)] == [1, 3, 4]


def test_the_table_names_what_was_lost() -> None:
    said = table(Figures(2, 1.5, 9, 60, searches=[0.01, 0.5], unanswered=1, failures=["a.md: failed"]))

    assert "p50 500, p95 500, max 500 ms of 2; not answered: 1" in said
    assert "a.md: failed" in said


def test_the_processes_of_a_session_are_seen_with_their_memory() -> None:
    found = {each.pid: each for each in processes(os.getsid(0))}

    assert 10 < found[os.getpid()].memory_mb < 100_000
    assert found[os.getpid()].cpu_s > 0


@pytest.mark.nightly
def test_a_run_loses_nothing_and_says_all(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))

    assert main(["--data", str(data), "--share", "1", "--json", str(tmp_path / "figures.json")]) == 0

    figures = json.loads((tmp_path / "figures.json").read_text())
    assert (figures["documents"], figures["unanswered"], figures["failures"]) == (40, 0, [])
    assert figures["down_s"] > 0
    assert figures["peak_mb"] > 50
    assert "search" in capsys.readouterr().out


def test_without_the_corpus_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path)]) == 2
    assert "load_corpus" in capsys.readouterr().err
