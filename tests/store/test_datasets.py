"""Data sets: what may be used, what is withheld, and the hash of what was used."""

from __future__ import annotations

import pytest
from writing import asks, put

from store import schema
from store.datasets import (
    Example,
    create_dataset,
    delete_dataset,
    get_dataset,
    hash_examples,
    list_datasets,
    list_examples,
    usable_examples,
)
from store.documents import delete_document
from store.domains import Domain, create_domain
from store.errors import ConflictError, DamagedError, InvalidInputError, NotFoundError
from store.examples import QuestionContent, content_type
from store.store import Store


def test_examples_come_back_as_they_were_stored_and_in_their_order(store: Store, domain: Domain) -> None:
    one, two = (put(store, domain.id, name, name).id for name in "ab")
    examples = [
        Example("z", "train", asks("Wieviel Urlaub?", "30 Tage", "dreißig"), {one: 1, two: 4}),
        Example("a", "test", asks("何时？"), {}),
        Example("m", "train", QuestionContent(question="When?", answers=[], language="en"), {one: 1}),
    ]

    dataset = create_dataset(store, domain.id, "faq", "qa", "upload", examples)

    assert list_examples(store, dataset.id) == examples
    assert usable_examples(store, dataset.id, "train") == [examples[0], examples[2]]
    assert usable_examples(store, dataset.id, "dev") == []
    assert (dataset.splits, dataset.tainted, dataset.outdated) == ({"train": 2, "test": 1}, 0, 0)


def test_examples_from_deleted_or_replaced_documents_are_not_used(store: Store, domain: Domain) -> None:
    replaced, deleted, kept = (put(store, domain.id, name, name) for name in "abc")
    examples = [
        Example("1", "train", asks("from a"), {replaced.id: 1, kept.id: 1}),
        Example("2", "train", asks("secret"), {deleted.id: 1, replaced.id: 1}),
        Example("3", "train", asks("from c"), {kept.id: 1}),
    ]
    dataset = create_dataset(store, domain.id, "faq", "qa", "upload", examples)

    delete_document(store, domain.id, deleted.id)
    put(store, domain.id, "a", "a, second edition")

    assert usable_examples(store, dataset.id, "train") == [examples[2]]
    found = get_dataset(store, domain.id, "faq")
    assert (found.splits, found.tainted, found.outdated) == ({"train": 3}, 1, 1)


def test_the_content_of_a_tainted_example_is_withheld(store: Store, domain: Domain) -> None:
    document = put(store, domain.id, "a", "one")
    dataset = create_dataset(
        store, domain.id, "faq", "qa", "upload", [Example("1", "train", asks("secret"), {document.id: 1})]
    )

    delete_document(store, domain.id, document.id)

    assert list_examples(store, dataset.id) == [Example("1", "train", None, {document.id: 1}, "tainted")]


def test_examples_about_a_document_that_was_deleted_a_moment_ago_are_stored_without_their_text(
    store: Store, domain: Domain
) -> None:
    document = put(store, domain.id, "a", "one")
    delete_document(store, domain.id, document.id)

    dataset = create_dataset(
        store, domain.id, "faq", "qa", "human", [Example("1", "train", asks("secret?"), {document.id: 1})]
    )

    assert list_examples(store, dataset.id) == [Example("1", "train", None, {document.id: 1}, "tainted")]


def test_a_name_is_given_once_per_domain(store: Store, domain: Domain) -> None:
    other = create_domain(store, "other", {})
    create_dataset(store, domain.id, "faq", "qa", "upload", [])
    create_dataset(store, other.id, "faq", "qa", "upload", [])

    with pytest.raises(ConflictError) as caught:
        create_dataset(store, domain.id, "faq", "qa", "upload", [])

    assert caught.value.code == "dataset_exists"
    assert [len(list_datasets(store, each.id)) for each in (domain, other)] == [1, 1]


def test_a_data_set_is_stored_as_a_whole_or_not_at_all(store: Store, domain: Domain) -> None:
    twice = [Example("1", "train", asks("a"), {}), Example("1", "test", asks("b"), {})]

    with pytest.raises(Exception, match="UNIQUE"):
        create_dataset(store, domain.id, "faq", "qa", "upload", twice)

    assert list_datasets(store, domain.id) == []


def test_a_data_set_is_found_by_name_and_id_in_its_own_domain_only(store: Store, domain: Domain) -> None:
    other = create_domain(store, "other", {})
    dataset = create_dataset(store, domain.id, "faq", "qa", "upload", [])

    assert get_dataset(store, domain.id, dataset.id) == get_dataset(store, domain.id, "faq") == dataset
    for name in (dataset.id, "faq"):
        with pytest.raises(NotFoundError):
            get_dataset(store, other.id, name)


def test_a_deleted_data_set_takes_its_examples_with_it(store: Store, domain: Domain) -> None:
    dataset = create_dataset(store, domain.id, "faq", "qa", "upload", [Example("1", "train", asks("x"), {"doc_1": 1})])

    assert delete_dataset(store, domain.id, "faq") == dataset

    assert list_datasets(store, domain.id) == []
    assert list_examples(store, dataset.id) == []
    with pytest.raises(NotFoundError):
        delete_dataset(store, domain.id, "faq")


def test_the_hash_of_examples_depends_on_content_versions_and_order_but_not_on_split_or_ids() -> None:
    one, two = Example("1", "train", asks("x"), {"doc_1": 1}), Example("2", "train", asks("y"), {})
    hashed = hash_examples([one, two])

    assert hashed == hash_examples([Example("1", "dev", asks("x"), {"doc_1": 1}), two])
    assert hashed == hash_examples([Example("1", "train", asks("x"), {"doc_9": 1}), two])
    assert hashed != hash_examples([two, one])
    assert hashed != hash_examples([Example("1", "train", asks("x"), {"doc_1": 2}), two])
    assert hashed != hash_examples([Example("1", "train", asks("z"), {"doc_1": 1}), two])


@pytest.mark.parametrize("stored", [{"answers": []}, {"question": "When?", "answers": [], "colour": "red"}])
def test_an_example_that_is_not_of_its_kind_is_named(store: Store, domain: Domain, stored: dict[str, object]) -> None:
    dataset = create_dataset(store, domain.id, "faq", "qa", "human", [Example("q7", "train", asks("When?"), {})])
    with store.database.write() as connection:
        connection.execute(schema.examples.update().values(content=stored))

    with pytest.raises(DamagedError, match="The example q7 cannot be read"):
        list_examples(store, dataset.id)


def test_a_kind_that_is_not_known_is_refused_with_those_that_are() -> None:
    with pytest.raises(InvalidInputError, match="'riddle'; known are qa"):
        content_type("riddle")
