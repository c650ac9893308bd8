"""Leaks between what is trained on and what is measured with, in whatever data set of the domain it is."""

from __future__ import annotations

import json

import pytest
from writing import put

from retriever.models.encoder import Encoder
from store.datasets import Dataset, list_examples
from store.domains import Domain
from store.errors import UnprocessableError
from store.store import Store
from tuner.data.importing import import_examples
from tuner.data.leaks import near_duplicates, training_leaks
from tuner.data.splitting import split_dataset
from tuner.data.suspicions import look

TRAIN = {"id": "a", "question": "How much does a single ticket cost?", "answers": ["twelve crowns"], "split": "train"}
AGAIN = {
    "id": "b",
    "question": "What is the price of one single ticket?",
    "answers": ["twelve crowns"],
    "split": "test",
}
OTHER = {"id": "c", "question": "When does the ferry leave?", "answers": ["at noon"], "split": "train"}


def imported(store: Store, domain: Domain, name: str, *rows: dict[str, object]) -> Dataset:
    return import_examples(store, domain.id, name, "\n".join(map(json.dumps, rows)).encode())


def test_a_question_of_another_data_set_in_other_words_is_a_leak(store: Store, domain: Domain, minilm: Encoder) -> None:
    lessons = imported(store, domain, "lessons", TRAIN, OTHER)
    imported(store, domain, "exam", AGAIN)

    leaks = training_leaks(store, domain.id, list_examples(store, lessons.id), minilm.encode_queries)

    assert [(each.key, each.said) for each in leaks] == [("a", "exam b asks the same as the training example a.")]


def test_near_duplicates_name_the_later_of_two(store: Store, domain: Domain, minilm: Encoder) -> None:
    lessons = imported(store, domain, "lessons", TRAIN, {**AGAIN, "split": "train"}, OTHER)
    examples = list_examples(store, lessons.id)

    assert near_duplicates(examples, minilm.encode_queries) == ["b"]
    (found,) = look(store, lessons, examples, minilm.encode_queries)
    assert (found.kind, str(found)) == ("near_duplicate", "B asked what an earlier one asks, with the same answer.")


def test_a_split_that_leaks_is_refused_and_dropping_takes_from_train_alone(
    store: Store, domain: Domain, minilm: Encoder
) -> None:
    names = [f"{number}.md" for number in range(12)]
    for name in names:
        put(store, domain.id, name, f"Number {name} costs {name}.")
    rows = [
        {
            "id": name,
            "question": f"What does number {name} cost?",
            "answers": [name],
            "documents": [name],
            "split": "dev",
        }
        for name in names
    ]
    dataset = imported(store, domain, "faq", *rows)
    clean = split_dataset(store, dataset, minilm.encode_queries, drop_leaks=False)
    assert {*clean.splits} == {"train", "dev", "test"}
    assert clean.splits["train"] > clean.splits["test"]
    taught = next(each for each in list_examples(store, dataset.id) if each.split == "train")
    question = {"id": "x", "question": f"How much is number {taught.key}?", "answers": [taught.key], "split": "test"}
    imported(store, domain, "exam", question)

    with pytest.raises(UnprocessableError, match="Split so, 1 examples of train give away") as caught:
        split_dataset(store, dataset, minilm.encode_queries, drop_leaks=False)
    assert caught.value.code == "training_leaks"
    dropped = split_dataset(store, dataset, minilm.encode_queries, drop_leaks=True)

    assert dropped.splits == {**clean.splits, "train": clean.splits["train"] - 1}
    assert taught.key not in {each.key for each in list_examples(store, dataset.id)}
