"""The job `evaluate`, from its queue to the stored report, and what it counts as a leak."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tiny import build_tiny_model

from eval.arms import ArmSetup
from eval.evaluate import find_leaks, run_evaluation
from eval.page import to_html
from eval.report import to_markdown
from eval.runner import METRICS, EvalQuestion
from eval.settings import EvalSettings, EvaluateSection
from generator.engine import Engine
from generator.settings import GeneratorSettings
from retriever.encoder import Encoder
from retriever.settings import RetrieverSettings
from store.datasets import Dataset, Example, create_dataset, delete_dataset, hash_examples, usable_examples
from store.domains import Domain
from store.errors import InvalidInputError, NotFoundError, TandemError, UnprocessableError
from store.evaluations import Evaluation, create_evaluation, get_evaluation
from store.jobs import Progress, claim_job, create_job, finish_job, list_events
from store.models import NewModel, publish_model
from store.receiving import receive
from store.releases import active_release, get_release, list_releases
from store.store import Store
from store.verify import verify_store
from tuner.importing import import_questions

_DOCUMENTS = {
    "ferry.md": "# Ferry\n\nThe ferry Aurora carries 120 passengers across the fjord every morning.",
    "library.md": "# Library\n\nThe library of Elmwood lends every book for three weeks.",
    "tea.md": "# 茶园\n\n云岭茶园每天早上八点开门。成人门票四十元。",
    "museum.md": "# 博物馆\n\n海港博物馆收藏了三百只古老的瓷碗。",
}
_QUESTIONS: list[dict[str, Any]] = [
    {"question": "How many passengers does the ferry Aurora carry?", "answers": ["120"], "documents": ["ferry.md"]},
    {
        "question": "For how long does the library of Elmwood lend a book?",
        "answers": ["three weeks"],
        "documents": ["library.md"],
    },
    {"question": "云岭茶园早上几点开门？", "answers": ["八点"], "documents": ["tea.md"]},
    {"question": "海港博物馆收藏了多少只瓷碗？", "answers": ["三百只"], "documents": ["museum.md"]},
    {"question": "Which composer wrote the opera Turandot?", "answers": []},
    {"question": "火星上的最高山峰叫什么？", "answers": []},
]


@dataclass(frozen=True)
class Laboratory:
    """A domain with documents and a data set whose split `test` has six questions."""

    store: Store
    domain: Domain
    dataset: Dataset
    section: EvaluateSection

    def evaluate(self, **params: Any) -> tuple[dict[str, Any], Evaluation]:
        """Carry the job out as a worker would; return its result and the stored evaluation."""
        evaluation = create_evaluation(self.store, self.domain.id, {"dataset": self.dataset.id, **params})
        claimed = claim_job(self.store)
        assert claimed is not None
        progress = Progress(self.store, *claimed, interval_s=0)
        try:
            result = run_evaluation(self.section, self.store, progress)
        except BaseException:
            finish_job(self.store, progress.lease, "failed")
            raise
        finish_job(self.store, progress.lease, "succeeded", result=result)
        return result, get_evaluation(self.store, evaluation.id)


def _laboratory(
    store: Store, retriever: RetrieverSettings, generator: GeneratorSettings, encoder: Encoder
) -> Laboratory:
    engine = Engine(store, retriever, GeneratorSettings(), encoder)
    domain = engine.create_domain("handbook")
    for name, text in _DOCUMENTS.items():
        engine.add("handbook", name, text)
    engine.close(checkpoint=False)
    lines = "\n".join(json.dumps(row) for row in _QUESTIONS)
    dataset = import_questions(store, domain.id, "questions", lines.encode(), split="test")
    settings = EvalSettings(resamples=200)
    return Laboratory(store, domain, dataset, EvaluateSection(eval=settings, generator=generator, retriever=retriever))


@pytest.fixture
def laboratory(store: Store, retriever_settings: RetrieverSettings, minilm: Encoder) -> Laboratory:
    """A laboratory without a language model."""
    return _laboratory(store, retriever_settings, GeneratorSettings(), minilm)


@pytest.fixture(scope="session")
def untaught_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A causal model that loads and writes, but knows nothing."""
    folder = tmp_path_factory.mktemp("models") / "untaught"
    return build_tiny_model(folder, list(_DOCUMENTS.values()), vocabulary=600, hidden=16)


@pytest.fixture
def laboratory_with_model(
    store: Store, retriever_settings: RetrieverSettings, minilm: Encoder, untaught_model: Path
) -> Laboratory:
    """A laboratory with a language model whose domain still serves quotes."""
    generator = GeneratorSettings(base_model=untaught_model, max_new_tokens=4, threads=1)
    return _laboratory(store, retriever_settings, generator, minilm)


def test_an_evaluation_without_a_language_model_measures_quoting_and_stores_its_report(laboratory: Laboratory) -> None:
    store, domain = laboratory.store, laboratory.domain

    result, evaluation = laboratory.evaluate(arms=["extractive"])

    report = evaluation.report
    assert evaluation.status == "succeeded"
    assert report is not None
    assert (report["domain"], report["active_arm"], report["skipped"]) == ("handbook", "extractive", {})
    assert list(report["arms"]) == ["extractive"]
    active = active_release(store, domain.id)
    assert result == {"verdict": report["verdict"], "releases": {"extractive": active.id}}
    assert report["verdict"]["arm"] == "extractive"
    assert report["verdict"]["release"] == active.id
    assert (report["comparisons"], report["leaks"]) == ([], [])
    examples = usable_examples(store, laboratory.dataset.id, "test")
    assert report["dataset"] == {
        "id": laboratory.dataset.id,
        "name": "questions",
        "split": "test",
        "questions": 6,
        "documents": 6,
        "sha256": hash_examples(examples),
    }
    assert report["gate"]["extractive"] == {
        "passed": False,
        "reasons": ["6 questions, at least 20 are needed", "questions about 6 documents, at least 8 are needed"],
    }
    assert verify_store(store) == []


def test_each_question_has_a_record_with_the_scores_that_apply(laboratory: Laboratory) -> None:
    _, evaluation = laboratory.evaluate(arms=["extractive"])

    report = evaluation.report
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
    summary = report["arms"]["extractive"]
    assert set(summary["metrics"]) == set(METRICS)
    assert [summary["metrics"][name]["n"] for name in ("f1", "retrieval_hit")] == [6, 4]
    assert {language: each["f1"]["n"] for language, each in summary["by_language"].items()} == {"en": 3, "zh": 3}
    mean = sum(record["scores"]["f1"] for record in records) / 6
    assert summary["metrics"]["f1"]["mean"] == pytest.approx(mean)


def test_the_progress_of_an_evaluation_counts_its_questions(laboratory: Laboratory) -> None:
    _, evaluation = laboratory.evaluate(arms=["extractive"])

    messages = [event.message for event in list_events(laboratory.store, evaluation.job_id)]
    assert messages == [f"extractive: {number} of 6" for number in range(1, 7)]


def test_a_stored_report_can_be_shown_as_text_and_as_a_page(laboratory: Laboratory) -> None:
    _, evaluation = laboratory.evaluate()

    assert evaluation.report is not None
    assert "**Verdict: extractive.**" in to_markdown(evaluation.report)
    assert "not measured: combined: no language model" in to_markdown(evaluation.report)
    assert "<strong>extractive</strong>" in to_html(evaluation.report)


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
    base = get_release(store, result["releases"]["base"]).manifest
    assert (base["generation"]["arm"], base["generation"]["backend"]) == ("base", "transformers")
    written = [record for record in report["records"] if record["arm"] == "base"]
    assert all(record["prompt_tokens"] > 0 and record["scores"]["retrieval_hit"] is None for record in written)


def test_all_that_can_be_measured_is_measured_by_default(laboratory_with_model: Laboratory) -> None:
    result, evaluation = laboratory_with_model.evaluate()

    assert evaluation.report is not None
    assert list(result["releases"]) == ["extractive", "base", "rag"]
    assert evaluation.report["active_arm"] == "extractive"
    assert set(evaluation.report["skipped"]) == {"tuned", "combined"}


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


def _dataset(store: Store, domain: Domain, *examples: Example) -> Dataset:
    return create_dataset(store, domain.id, "questions", "qa", "human", examples)


def _qa(key: str, split: str, question: str, documents: dict[str, int] | None = None) -> Example:
    return Example(key, split, {"question": question, "answers": ["x"]}, documents or {})


def _arm(adapter: str | None) -> ArmSetup:
    return ArmSetup("combined" if adapter else "rag", {"adapter": adapter})


def _questions(store: Store, dataset: Dataset) -> list[EvalQuestion]:
    return [EvalQuestion.from_example(example) for example in usable_examples(store, dataset.id, "test")]


def test_a_test_question_that_training_asks_in_other_spelling_is_a_leak(store: Store, domain: Domain) -> None:
    dataset = _dataset(
        store,
        domain,
        _qa("train-1", "train", "How much is  a TICKET?"),
        _qa("train-2", "train", "门票多少钱？"),
        _qa("test-1", "test", "how much is a ticket"),
        _qa("test-2", "test", "门票，多少钱"),
        _qa("test-3", "test", "How much is a tick?"),
        _qa("dev-1", "dev", "How much is a tick?"),
    )

    leaks = find_leaks(store, dataset, _questions(store, dataset), [_arm(None)])

    assert leaks == [
        "test-1 asks the same as the training example train-1",
        "test-2 asks the same as the training example train-2",
    ]


def test_a_split_that_was_trained_on_is_no_twin_of_itself(store: Store, domain: Domain) -> None:
    dataset = _dataset(store, domain, _qa("a", "train", "How much?"), _qa("b", "train", "How many?"))
    questions = [EvalQuestion.from_example(example) for example in usable_examples(store, dataset.id, "train")]

    assert find_leaks(store, dataset, questions, [_arm(None)]) == []


def test_a_question_about_a_document_that_an_adapter_learned_from_is_a_leak(store: Store, domain: Domain) -> None:
    seen, _ = receive(store, domain.id, "seen.txt", b"one", title="seen", media_type="text/plain")
    fresh, _ = receive(store, domain.id, "fresh.txt", b"two", title="fresh", media_type="text/plain")
    create_job(store, "tune_generator", domain.id, {})
    claimed = claim_job(store)
    assert claimed is not None
    dataset = _dataset(
        store,
        domain,
        _qa("test-1", "test", "What is one?", {seen.id: 1}),
        _qa("test-2", "test", "What is two?", {fresh.id: 1}),
    )
    lineage = {"trained": "with_context", "dataset": {"id": dataset.id, "split": "train"}}
    learned = NewModel("adapter", domain.id, "mdl_base", lineage, {}, {seen.id: 1})
    model = publish_model(store, claimed[1], learned, _write_something)
    questions = _questions(store, dataset)

    assert find_leaks(store, dataset, questions, [_arm(None), _arm(model.id)]) == [
        f"test-1 is about {seen.id}, which {model.id} learned from"
    ]
    assert find_leaks(store, dataset, questions, [_arm(None)]) == []  # no measured arm uses the adapter


def test_what_an_adapter_really_learned_from_is_a_leak_whatever_it_is_called(store: Store, domain: Domain) -> None:
    create_job(store, "tune_generator", domain.id, {})
    claimed = claim_job(store)
    assert claimed is not None
    dataset = _dataset(store, domain, _qa("a", "dev", "How much?"), _qa("b", "dev", "How many?"))
    lineage = {"trained": "with_context", "dataset": {"id": dataset.id, "split": "dev"}}
    new = NewModel("adapter", domain.id, "mdl_base", lineage, {}, {})
    model = publish_model(store, claimed[1], new, _write_something)
    questions = [EvalQuestion.from_example(example) for example in usable_examples(store, dataset.id, "dev")]

    leaks = find_leaks(store, dataset, questions, [_arm(model.id)])
    delete_dataset(store, domain.id, dataset.id)
    other = _dataset(store, domain, _qa("c", "test", "How long?"))
    unknown = find_leaks(store, other, _questions(store, other), [_arm(model.id)])

    assert [leak.split(" asks")[0] for leak in leaks] == ["a", "b"]
    assert unknown == [f"{model.id} learned from a data set that was deleted: what it has seen is not known"]


def test_a_question_that_an_adapter_learned_from_another_data_set_is_a_leak_even_of_the_same_key(
    store: Store, domain: Domain
) -> None:
    create_job(store, "tune_generator", domain.id, {})
    claimed = claim_job(store)
    assert claimed is not None
    measured = _dataset(store, domain, _qa("one", "test", "How much is a ticket?"), _qa("two", "test", "Who sails?"))
    learned = [_qa("one", "dev", "how much is a  TICKET"), _qa("two", "train", "Who sails?")]
    other = create_dataset(store, domain.id, "faq", "qa", "human", learned)
    lineage = {"trained": "with_context", "dataset": {"id": other.id, "split": "dev"}}
    new = NewModel("adapter", domain.id, "mdl_base", lineage, {}, {})
    model = publish_model(store, claimed[1], new, _write_something)
    questions = _questions(store, measured)

    leaks = find_leaks(store, measured, questions, [_arm(model.id)])

    assert leaks == [f"one asks what {model.id} learned from faq one"]  # the split that it did not learn from is none
    assert find_leaks(store, measured, questions, [_arm(None)]) == []  # no measured arm uses the adapter


def test_an_evaluation_of_a_train_split_opens_no_gate(laboratory: Laboratory) -> None:
    lines = "\n".join(json.dumps(row) for row in _QUESTIONS)
    trained = import_questions(laboratory.store, laboratory.domain.id, "learned", lines.encode(), split="train")

    _, evaluation = laboratory.evaluate(dataset=trained.id, arms=["extractive"], split="train")

    assert evaluation.report is not None
    assert "it was measured on a train split" in evaluation.report["gate"]["extractive"]["reasons"]


def _write_something(folder: Path) -> None:
    (folder / "adapter_config.json").write_text("{}")
