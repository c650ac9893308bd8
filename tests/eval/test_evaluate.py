"""The job `evaluate`, from its queue to the stored report."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from laboratory import DOCUMENTS, QUESTIONS, Laboratory, furnish, laboratory_in
from tiny import build_tiny_model

from eval.metrics.table import METRIC_OF
from eval.report.markdown import to_markdown
from eval.report.model import read_report
from eval.report.page import to_html
from generator.engine import Engine
from generator.manifest import changed_manifest
from generator.releases import make_release, typed
from generator.settings import GeneratorSettings
from retriever.models.encoder import Encoder
from retriever.models.span_reader import OpenVinoReader
from retriever.settings import RetrieverSettings
from store.datasets import hash_examples, usable_examples
from store.errors import InvalidInputError, NotFoundError, TandemError, UnprocessableError
from store.evaluations import Evaluation
from store.jobs import list_events
from store.releases import active_release, get_release, list_releases
from store.store import Store
from store.verify import verify_store
from tuner.data.importing import Wishes, import_examples


@pytest.fixture(scope="module")
def prepared(
    tmp_path_factory: pytest.TempPathFactory,
    empty_home: Path,
    retriever_settings: RetrieverSettings,
    minilm: Encoder,
    reader: OpenVinoReader,
) -> Path:
    """A data folder with the domain, its documents and the data set, to be copied."""
    home = Path(shutil.copytree(empty_home, tmp_path_factory.mktemp("laboratory") / "home"))
    store = Store.open(home)
    engine = Engine(store, retriever_settings, GeneratorSettings(), minilm, reader)
    furnish(engine)
    engine.close(checkpoint=False)
    store.close()
    return home


@pytest.fixture
def laboratory(
    prepared: Path, tmp_path: Path, retriever_settings: RetrieverSettings, loaded: None
) -> Iterator[Laboratory]:
    """A laboratory without a language model."""
    with laboratory_in(prepared, tmp_path / "home", retriever_settings, GeneratorSettings()) as made:
        yield made


@dataclass(frozen=True)
class Quoted:
    """A laboratory in which quoting was measured, and what came of it."""

    laboratory: Laboratory
    result: dict[str, Any]
    evaluation: Evaluation


@pytest.fixture(scope="module")
def quoted(
    prepared: Path, tmp_path_factory: pytest.TempPathFactory, retriever_settings: RetrieverSettings, loaded: None
) -> Iterator[Quoted]:
    """Quoting, measured once for the tests that look at the report; none of them changes anything."""
    place = tmp_path_factory.mktemp("quoted") / "home"
    with laboratory_in(prepared, place, retriever_settings, GeneratorSettings()) as made:
        yield Quoted(made, *made.evaluate(arms=["extractive"]))


@pytest.fixture(scope="session")
def untaught_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A causal model that loads and writes, but knows nothing."""
    folder = tmp_path_factory.mktemp("models") / "untaught"
    return build_tiny_model(folder, list(DOCUMENTS.values()), vocabulary=600, hidden=16)


@pytest.fixture
def laboratory_with_model(
    prepared: Path, tmp_path: Path, retriever_settings: RetrieverSettings, untaught_model: Path, loaded: None
) -> Iterator[Laboratory]:
    """A laboratory with a language model whose domain still serves quotes."""
    generator = GeneratorSettings(base_model=untaught_model, max_new_tokens=4, threads=1)
    with laboratory_in(prepared, tmp_path / "home", retriever_settings, generator) as made:
        yield made


def test_an_evaluation_without_a_language_model_measures_quoting_and_stores_its_report(quoted: Quoted) -> None:
    laboratory, result, evaluation = quoted.laboratory, quoted.result, quoted.evaluation
    store, domain = laboratory.store, laboratory.domain

    report = evaluation.report
    assert evaluation.status == "succeeded"
    assert report is not None
    assert (report["domain"], report["active_arm"], report["skipped"]) == ("handbook", "extractive", {})
    assert list(report["arms"]) == ["extractive"]
    active = active_release(store, domain.id)
    assert result == {"verdict": report["verdict"], "releases": {"extractive": active.id}}
    assert report["verdict"] is None
    assert report["arms"]["extractive"]["release"] == active.id
    assert (report["comparisons"], report["leaks"]) == ([], [])
    examples = usable_examples(store, laboratory.dataset.id, "test")
    assert report["dataset"] == {
        "id": laboratory.dataset.id,
        "name": "questions",
        "split": "test",
        "sha256": hash_examples(examples),
        "questions": 6,
        "answerable": 4,
        "unanchored": 0,
        "documents": 4,
        "groups": 4,
    }
    assert report["gate"]["extractive"] == {
        "passed": False,
        "reasons": [
            "6 questions, at least 20 are needed",
            "too few documents: answerable questions about 4, at least 30 are needed",
        ],
    }
    assert verify_store(store) == []


def test_each_question_has_a_record_with_the_scores_that_apply(quoted: Quoted) -> None:
    report = quoted.evaluation.report
    assert report is not None
    records = report["records"]
    assert [record["key"] for record in records] == [f"line-{number}" for number in range(1, 7)]
    assert [record["language"] for record in records] == ["en", "en", "zh", "zh", "en", "zh"]
    for record in records[:4]:
        assert record["scores"]["retrieval_hit"] == 1.0
        assert (record["abstained"], record["scores"]["recall"], record["scores"]["abstention"]) == (False, 1.0, 1.0)
        assert record["scores"]["citation_precision"] == 1.0
    for record in records[4:]:
        assert record["scores"]["retrieval_hit"] is None
        assert record["scores"]["f1"] == float(record["abstained"])
    answered = [record for record in records[4:] if not record["abstained"]]
    assert [record["cause"] for record in records] == [
        "answered_anyway" if record in answered else None for record in records
    ]
    assert (report["weaknesses"]["arm"], report["weaknesses"]["wrong"]) == ("extractive", len(answered))
    summary = report["arms"]["extractive"]
    assert set(summary["metrics"]) == set(METRIC_OF)
    assert [summary["metrics"][name]["n"] for name in ("f1", "retrieval_hit")] == [6, 4]
    assert {language: each["f1"]["n"] for language, each in summary["by_language"].items()} == {"en": 3, "zh": 3}
    mean = sum(record["scores"]["f1"] for record in records) / 6
    assert summary["metrics"]["f1"]["mean"] == pytest.approx(mean)


def test_the_progress_of_an_evaluation_counts_its_questions(quoted: Quoted) -> None:
    messages = [event.message for event in list_events(quoted.laboratory.store, quoted.evaluation.job_id)]
    assert messages == [f"extractive: {number} of 6" for number in range(1, 7)]


def test_a_stored_report_can_be_shown_as_text_and_as_a_page(laboratory: Laboratory) -> None:
    _, evaluation = laboratory.evaluate()

    assert evaluation.report is not None
    assert "**No verdict: 6 questions, at least 20 are needed" in to_markdown(read_report(evaluation.report))
    assert "not measured: combined: no language model" in to_markdown(read_report(evaluation.report))
    assert "No verdict: 6 questions" in to_html(read_report(evaluation.report))


def test_the_active_release_is_measured_beside_the_arms_if_it_is_none_of_them(
    laboratory_with_model: Laboratory,
) -> None:
    store, domain = laboratory_with_model.store, laboratory_with_model.domain

    result, evaluation = laboratory_with_model.evaluate(arms=["rag", "base"], primary_metric="recall")

    report = evaluation.report
    assert report is not None
    assert report["active_arm"] == "active"
    assert list(report["arms"]) == ["base", "rag", "active"]
    assert len(report["records"]) == 18
    pairs = [(each["arm"], each["against"]) for each in report["comparisons"]]
    assert pairs == [("base", "active"), ("rag", "active"), ("rag", "base")]
    assert {each["metric"] for each in report["comparisons"]} == {"recall"}
    assert result["releases"]["active"] == active_release(store, domain.id).id
    assert len({*result["releases"].values()}) == len(list_releases(store, domain.id)) == 3
    base = typed(get_release(store, result["releases"]["base"])).manifest
    assert (base.generation.arm, base.generation.backend) == ("base", "transformers")
    written = [record for record in report["records"] if record["arm"] == "base"]
    assert all(record["prompt_tokens"] > 0 and record["scores"]["retrieval_hit"] is None for record in written)


def test_all_that_can_be_measured_is_measured_by_default(laboratory_with_model: Laboratory) -> None:
    result, evaluation = laboratory_with_model.evaluate()

    assert evaluation.report is not None
    assert list(result["releases"]) == ["extractive", "base", "rag"]
    assert evaluation.report["active_arm"] == "extractive"
    assert set(evaluation.report["skipped"]) == {"tuned", "tuned+rag", "combined"}


@pytest.mark.parametrize(
    ("params", "error", "code"),
    [
        ({"arms": ["rag"]}, InvalidInputError, "arm_unavailable"),
        ({"arms": ["oracle"]}, InvalidInputError, "invalid_value"),
        ({"primary_metric": "latency"}, InvalidInputError, "invalid_value"),
        ({"split": "dev"}, UnprocessableError, "no_examples"),
        ({"dataset": "none"}, NotFoundError, "dataset_not_found"),
    ],
)
def test_an_evaluation_that_cannot_be_carried_out_fails_with_a_reason_and_stores_nothing(
    laboratory: Laboratory,
    params: dict[str, Any],
    error: type[TandemError],
    code: str,
) -> None:
    with pytest.raises(error) as caught:
        laboratory.evaluate(**params)

    assert caught.value.code == code
    assert len(list_releases(laboratory.store, laboratory.domain.id)) == 1


def test_an_evaluation_of_a_train_split_opens_no_gate(laboratory: Laboratory) -> None:
    lines = "\n".join(json.dumps(row) for row in QUESTIONS)
    trained = import_examples(laboratory.store, laboratory.domain.id, "learned", lines.encode(), Wishes(split="train"))

    _, evaluation = laboratory.evaluate(dataset=trained.id, arms=["extractive"], split="train")

    assert evaluation.report is not None
    assert "it was measured on a train split" in evaluation.report["gate"]["extractive"]["reasons"]


def test_a_release_is_measured_beside_the_active_one_and_a_second_look_is_counted(laboratory: Laboratory) -> None:
    store, domain = laboratory.store, laboratory.domain
    active = typed(active_release(store, domain.id))
    release = make_release(store, domain.id, changed_manifest(active.manifest, {"retrieval.passages": 2}))

    result, first = laboratory.evaluate(releases=[release.id])
    _, second = laboratory.evaluate(releases=[release.id])

    assert first.report is not None
    assert second.report is not None
    assert result["releases"] == {release.id: release.id, "active": active.id}
    assert first.report["active_arm"] == "active"
    assert [(each["arm"], each["against"]) for each in first.report["comparisons"]] == [(release.id, "active")]
    assert (first.report["looks"], second.report["looks"]) == (1, 2)


def test_a_leak_is_found_before_anything_runs(laboratory: Laboratory) -> None:
    rows = [{**row, "split": split} for row in QUESTIONS[:2] for split in ("train", "test")]
    lines = "\n".join(json.dumps(row) for row in rows)
    leaky = import_examples(laboratory.store, laboratory.domain.id, "leaky", lines.encode())

    result, evaluation = laboratory.evaluate(dataset=leaky.id)

    report = evaluation.report
    assert report is not None
    assert (result["verdict"], report["records"], len(report["leaks"])) == (None, [], 2)
    assert not any("metrics" in arm for arm in report["arms"].values())
    (event,) = list_events(laboratory.store, evaluation.job_id)
    assert "training and test data overlap in 2 places, so nothing is measured" in event.message
    assert report["leaks"][0] in to_markdown(read_report(report))
    assert report["leaks"][0] in to_html(read_report(report))
