"""The benchmark of answers: on a small set every figure can be told in advance."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import HashEncoder, WordReader

from benchmarks.answers import judge, main, summary
from benchmarks.answers_abstention import Trial, abstention
from benchmarks.answers_data import AnswerSet, Asked
from benchmarks.answers_report import abstention_table, answer_table
from benchmarks.answers_systems import gold_passages, product_reply, shown_sentences, wide_search, without_documents
from benchmarks.retrieval import ingested
from benchmarks.sets import RetrievalSet
from generator.engine import Engine
from generator.settings import GeneratorSettings
from retriever.settings import RetrieverSettings
from store.documents import list_documents
from store.store import Store

_DOCUMENTS = [
    ("mill", "Mill", "It stands by the river. The old mill was built in 1820."),
    ("inn", "Inn", "The inn opened in 1820. Guests of the inn sleep upstairs."),
    ("ferry", "Ferry", "The ferry leaves at noon. A ticket of the ferry costs 12 crowns."),
]
_QUESTIONS = [
    Asked("When was the old mill built?", ["1820"], frozenset({"mill"}), "en"),
    Asked("What costs a ticket of the ferry?", ["12 crowns"], frozenset({"ferry"}), "en"),
]


@pytest.fixture
def engine(store: Store) -> Iterator[Engine]:
    opened = Engine(store, RetrieverSettings(), GeneratorSettings(), HashEncoder(), WordReader())
    yield opened
    opened.close()


@pytest.fixture
def domain_id(engine: Engine) -> str:
    return ingested(engine, RetrievalSet("town", _DOCUMENTS, {}, {})).id


def test_gold_passages_are_all_those_of_the_gold_document(engine: Engine, domain_id: str) -> None:
    found = gold_passages(engine, domain_id, engine.default_manifest(), "When?", frozenset({"mill"}))

    assert {hit.passage.external_id for hit in found.hits} == {"mill"}
    assert shown_sentences(found) == ["It stands by the river.", "The old mill was built in 1820."]


def test_the_product_answers_from_what_it_is_given_and_from_nothing_else(engine: Engine, domain_id: str) -> None:
    manifest, question = engine.default_manifest(), _QUESTIONS[0].question
    ids = {document.external_id: document.id for document in list_documents(engine.store, domain_id)}
    wide = wide_search(engine, domain_id, manifest, question)
    rest = without_documents(wide, {ids["mill"], ids["inn"]}, 4)

    assert product_reply(engine, manifest, question, wide).text.endswith("The old mill was built in 1820.")
    assert {hit.passage.external_id for hit in rest.hits} == {"ferry"}
    assert "ferry" in product_reply(engine, manifest, question, rest).text
    nothing = product_reply(engine, manifest, question, without_documents(wide, set(ids.values()), 4))
    assert (nothing.text, nothing.evidence) == ("", 0.0)


def test_a_set_is_judged_from_end_to_end(engine: Engine) -> None:
    report = judge(engine, AnswerSet("town", _DOCUMENTS, _QUESTIONS, 0), [])

    for setting in ("gold", "retrieved"):
        assert report[setting]["always answer"]["hit@1"]["mean"] == 1.0
        assert report[setting]["first sentence"]["hit@1"]["mean"] == 0.0
        gain = report[setting]["always answer - first sentence"]["hit@1"]
        assert (gain["mean"], gain["low"]) == (1.0, pytest.approx(1 - 2 * (1 - 0.025**0.5)))  # two documents say little
    assert report["abstention"]["worth"]["always abstain"]["mean"] == 0.5
    assert report["abstention"]["worth"]["always answer"]["mean"] == 0.0
    assert report["abstention"]["score"]["always answer"]["mean"] == 0.5
    table = answer_table({"town": report})
    assert "| town | gold | first sentence | 0.000 [0.000, 0.842] |" in table
    assert "| town | retrieved | *always answer - first sentence* | +1.000 [-0.684, +1.000] |" in table
    assert abstention_table({"town": report}).count("\n") == 2


def test_a_loss_is_marked_like_a_gain_and_a_missing_value_is_left_out() -> None:
    names = ("extractive", "always answer", "first sentence", "nearest sentence")
    row: dict[str, dict[str, float | None]] = {
        name: {"hit@1": value, "recall@60": value, "span F1": value, "of best": None}
        for name, value in zip(names, (0.0, 1.0, 1.0, 1.0), strict=True)
    }

    report = summary([row] * 200, [f"document {number}" for number in range(200)])

    lost = report["extractive - first sentence"]
    assert (lost["hit@1"]["high"], lost["of best"]["n"]) == (pytest.approx(2 * (1 - 0.025 ** (1 / 200)) - 1), 0)
    blank = abstention([Trial(0.9, 1.0, 1.0, "a"), Trial(0.1, 0.0, 0.0, "a")], [])
    table = answer_table({"s": {"gold": report, "retrieved": report, "abstention": blank}})
    assert "*extractive - first sentence* | **-1.000 [-1.000, -0.963]** |" in table


def test_without_data_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delenv("TANDEM_DATA", raising=False)
    for arguments in ([], ["--data", str(tmp_path / "absent")]):
        monkeypatch.setattr(sys, "argv", ["answers", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        assert caught.value.code == 2
        assert "needs data sets" in capsys.readouterr().err
