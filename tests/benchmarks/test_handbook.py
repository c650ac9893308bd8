"""The handbook benchmark from its files to its tables, on a set of its own."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from fakes import HashEncoder, WordReader

from benchmarks.handbook import main
from benchmarks.handbook_data import Case, read_field, read_handbook
from benchmarks.handbook_report import answer_page, beside, evidence, failures, summary, tables
from benchmarks.handbook_run import Outcome, outcome, upload
from benchmarks.handbook_trace import trace
from generator.engine import Engine
from generator.settings import GeneratorSettings
from retriever.settings import RetrieverSettings
from store.store import Store

_ORCHARD = "# Orchard\n\nThe old orchard opens on 3 May.\nA basket of plums costs 7 crowns.\n"
_DAIRY = "# 奶站\n\n奶站每天早上六点开门。\n"
_ROWS = [
    ("q1", "What costs a basket of plums?", ["7 crowns"], ["9 crowns"], ["orchard.md"], "en", "prose"),
    ("q2", "奶站早上几点开门？", ["六点"], [], ["dairy.md"], "zh", "prose"),
    ("q3", "Who won the race?", [], ["plums"], [], "en", "unanswerable"),
]
_FIELDS = ("id", "question", "answers", "must_not", "documents", "language", "category")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "handbook"
    (folder / "documents").mkdir(parents=True)
    (folder / "documents" / "orchard.md").write_text(_ORCHARD, encoding="utf-8")
    (folder / "documents" / "dairy.md").write_text(_DAIRY, encoding="utf-8")
    rows = [dict(zip(_FIELDS, row, strict=True)) | {"history": [], "note": ""} for row in _ROWS]
    _write(folder / "questions.jsonl", rows)
    return folder.parent


@pytest.fixture
def engine(store: Store) -> Iterator[Engine]:
    opened = Engine(store, RetrieverSettings(), GeneratorSettings(), HashEncoder(), WordReader())
    yield opened
    opened.close()


@pytest.fixture
def outcomes(engine: Engine, data: Path) -> list[Outcome]:
    (collection,) = read_handbook(data / "handbook")
    upload(engine, collection)
    return [outcome(engine, collection.name, case, case.answerable) for case in collection.cases]


@pytest.mark.parametrize(
    ("reply", "abstained", "expected"),
    [
        ("It costs  7\nCROWNS. [1]", False, "right"),
        ("It costs 7 crowns, not 9 crowns. [1]", False, "wrong"),
        ("It costs much. [7]", False, "wrong"),  # a marker answers nothing
        ("I cannot tell whether it is 9 crowns.", True, "withheld"),
    ],
)
def test_a_reply_holds_an_answer_and_nothing_that_must_not_be_there(reply: str, abstained: bool, expected: str) -> None:
    case = Case("q", "?", ("7 crowns",), ("9 crowns",), ("orchard.md",), "en", "prose")

    assert case.verdict(reply, abstained) == expected


def test_where_no_document_answers_only_an_abstention_is_right() -> None:
    case = Case("q", "?", (), ("plums",), (), "en", "unanswerable")

    assert case.verdict("No document tells.", abstained=True) == "right"
    assert case.verdict("Plums are told of, nothing else.", abstained=True) == "wrong"
    assert case.verdict("On Monday. [1]", abstained=False) == "wrong"


def test_field_inputs_are_grouped_by_their_files_and_judged_as_they_are_written(tmp_path: Path) -> None:
    rows = [
        {"case": "A", "files": ["one.md"], "question": "When?", "history": [], "gold": "Noon", "must_not": []},
        {"case": "B", "files": ["one.md", "two.md"], "question": "谁？", "history": [], "gold": None, "must_not": []},
    ]
    for name in ("one.md", "two.md"):
        (tmp_path / name).write_text("Noon.", encoding="utf-8")
    _write(tmp_path / "questions.jsonl", rows)

    first, second = read_field(tmp_path)

    assert (list(first.documents), list(second.documents)) == (["one.md"], ["one.md", "two.md"])
    assert [first.cases[0].verdict(said, abstained=False) for said in ("Noon.", "noon.")] == ["right", "wrong"]
    assert (second.cases[0].answerable, second.cases[0].language) == (False, "zh")


def test_each_question_is_judged_with_its_quote_and_the_place_of_its_passage(outcomes: list[Outcome]) -> None:
    plums, dairy, race = outcomes

    assert (plums.eager, plums.rank, plums.language) == ("right", 1, "en")
    assert dairy.eager == "right"
    assert "六点" in dairy.eager_reply
    assert (race.answerable, race.rank, race.cluster) == (False, None, "q3")
    if plums.verdict == "right":
        assert plums.citation_right
        assert plums.cited == ["orchard.md"]
        assert plums.quote_words == sum(len(quote.split()) for quote in plums.quotes)


def test_the_report_shows_every_group_and_a_run_differs_in_nothing_from_itself(outcomes: list[Outcome]) -> None:
    shown = tables(outcomes)
    assert "| prose | 2 |" in shown
    assert "| answerable, zh | 1 |" in shown
    assert "AUROC" in evidence(outcomes)
    assert "all: " in summary(outcomes)
    assert len(answer_page(outcomes, 2).split("**")) == 5  # two questions in bold
    assert "Right before and not now (0)" in beside(outcomes, {each.id: each for each in outcomes})
    lost = Outcome(**{**vars(outcomes[0]), "verdict": "withheld"})
    assert "q1  What costs" in failures([lost], 1)


def test_a_trace_shows_the_gold_passage_and_what_was_searched_for(engine: Engine, data: Path) -> None:
    (collection,) = read_handbook(data / "handbook")
    upload(engine, collection)

    shown = trace(engine, collection.name, collection.cases[0])

    assert "1 GOLD orchard.md [" in shown
    assert 'searched_for: "What costs a basket of plums?"' in shown


def test_the_command_writes_the_outcomes_and_compares_with_earlier_ones(
    data: Path,
    tmp_path: Path,
    outcomes: list[Outcome],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    retriever_settings: RetrieverSettings,
) -> None:
    earlier, kept = tmp_path / "earlier.jsonl", tmp_path / "run.jsonl"
    _write(earlier, [asdict(each) | {"verdict": "wrong"} for each in outcomes])
    places = ["--data", str(data), "--cache", str(retriever_settings.cache), "--json", str(kept)]
    monkeypatch.setattr(sys, "argv", ["handbook", *places, "--limit-category", "prose", "--before", str(earlier)])

    main()

    assert [json.loads(line)["id"] for line in kept.read_text(encoding="utf-8").splitlines()] == ["q1", "q2"]
    assert "- wrong: -1.000" in capsys.readouterr().out


def _write(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8")
