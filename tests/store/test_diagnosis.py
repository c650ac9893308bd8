"""What of a store is not as it should be."""

from __future__ import annotations

from writing import asks, put, take, tune

from store.datasets import Example, create_dataset
from store.diagnosis import Stale, stale_learners
from store.documents import delete_document
from store.domains import Domain
from store.store import Store


def test_what_learned_from_deleted_or_replaced_documents_is_listed(store: Store, domain: Domain) -> None:
    kept, changed, gone = (put(store, domain.id, name, f"The text of {name}.") for name in ("kept", "changed", "gone"))
    sound = tune(store, domain.id, kept)
    stale = tune(store, domain.id, changed, gone)
    examples = [
        Example(f"{number}", "train", asks(f"Question {number}?", "yes"), {each.id: 1})
        for number, each in enumerate((kept, changed, gone))
    ]
    dataset = create_dataset(store, domain.id, "faq", "qa", "human", examples)
    assert stale_learners(store) == []

    take(store, domain.id, "changed", "not searchable yet")
    assert stale_learners(store) == []
    put(store, domain.id, "changed", "Another text.")
    delete_document(store, domain.id, gone.id)

    assert sound.id not in [each.id for each in stale_learners(store)]
    assert stale_learners(store) == [
        Stale(domain.name, "model", stale.id, "adapter", 1, 1),
        Stale(domain.name, "dataset", dataset.id, "faq", 1, 1),
    ]
