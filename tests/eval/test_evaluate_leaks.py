"""What an evaluation counts as a leak: questions that training asked, documents that an adapter learned from."""

from __future__ import annotations

from pathlib import Path

from manifests import QUOTING
from writing import asks

from eval.arms import ArmSetup
from eval.leaks import find_leaks
from eval.questions import EvalQuestion
from store.datasets import Dataset, Example, create_dataset, delete_dataset, usable_examples
from store.documents import delete_document
from store.domains import Domain
from store.jobs import claim_job, create_job
from store.lineage import DatasetReference, Lineage
from store.models import NewModel, publish_model
from store.receiving import receive
from store.store import Store


def _dataset(store: Store, domain: Domain, *examples: Example) -> Dataset:
    return create_dataset(store, domain.id, "questions", "qa", "human", examples)


def _qa(key: str, split: str, question: str, documents: dict[str, int] | None = None) -> Example:
    return Example(key, split, asks(question, "x"), documents or {})


def _arm(adapter: str | None) -> ArmSetup:
    return ArmSetup("combined" if adapter else "rag", QUOTING.model_copy(update={"adapter": adapter}))


def _questions(store: Store, dataset: Dataset) -> list[EvalQuestion]:
    return [EvalQuestion.from_example(example) for example in usable_examples(store, dataset.id, "test")]


def _write_something(folder: Path) -> None:
    (folder / "adapter_config.json").write_text("{}")


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
    lineage = Lineage(trained="with_context", dataset=DatasetReference(id=dataset.id, split="train"))
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
    lineage = Lineage(trained="with_context", dataset=DatasetReference(id=dataset.id, split="dev"))
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
    lineage = Lineage(trained="with_context", dataset=DatasetReference(id=other.id, split="dev"))
    new = NewModel("adapter", domain.id, "mdl_base", lineage, {}, {})
    model = publish_model(store, claimed[1], new, _write_something)
    questions = _questions(store, measured)

    leaks = find_leaks(store, measured, questions, [_arm(model.id)])

    assert leaks == [f"one asks what {model.id} learned from faq one"]  # the split that it did not learn from is none
    assert find_leaks(store, measured, questions, [_arm(None)]) == []  # no measured arm uses the adapter


def test_a_leak_stays_a_leak_after_the_document_and_the_data_set_were_deleted(store: Store, domain: Domain) -> None:
    seen, _ = receive(store, domain.id, "seen.txt", b"one", title="seen", media_type="text/plain")
    create_job(store, "tune_generator", domain.id, {})
    claimed = claim_job(store)
    assert claimed is not None
    learned = create_dataset(
        store, domain.id, "faq", "qa", "human", [_qa("a", "train", "Who rings the bell?", {seen.id: 1})]
    )
    (example,) = usable_examples(store, learned.id, "train")
    assert example.fingerprint is not None
    lineage = Lineage(trained="with_context", dataset=DatasetReference(id=learned.id, split="train"))
    asked = [("faq a", example.fingerprint)]
    new = NewModel("adapter", domain.id, "mdl_base", lineage, {}, {seen.id: 1}, asked)
    model = publish_model(store, claimed[1], new, _write_something)
    measured = _dataset(store, domain, _qa("b", "test", "Who rings the BELL please?"))

    delete_document(store, domain.id, seen.id)
    delete_dataset(store, domain.id, learned.id)

    leaks = find_leaks(store, measured, _questions(store, measured), [_arm(model.id)])
    assert leaks == [f"b asks what {model.id} learned from faq a"]


def test_a_training_example_of_the_data_set_is_compared_though_its_document_is_gone(
    store: Store, domain: Domain
) -> None:
    gone, _ = receive(store, domain.id, "gone.txt", b"one", title="gone", media_type="text/plain")
    dataset = _dataset(
        store, domain, _qa("a", "train", "Who rings the bell?", {gone.id: 1}), _qa("b", "test", "Who rings the bell?")
    )
    delete_document(store, domain.id, gone.id)

    leaks = find_leaks(store, dataset, _questions(store, dataset), [_arm(None)])

    assert leaks == ["b asks the same as the training example a"]
