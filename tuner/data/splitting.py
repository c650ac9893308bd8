"""Splitting a stored data set anew by document, and taking out of its train split what gives the others away."""

from __future__ import annotations

from eval.paraphrases import Encode
from eval.splits import split_by_document
from store.datasets import Dataset, Example, list_examples
from store.documents import list_documents
from store.errors import UnprocessableError
from store.example_changes import Change, change_examples
from store.store import Store
from tuner.data.leaks import said_of, training_leaks


def split_dataset(store: Store, dataset: Dataset, encode: Encode, *, drop_leaks: bool) -> Dataset:
    """Split a data set by document, 60 % train, 20 % dev, 20 % test, and return it as it is then.

    Raises `UnprocessableError` naming the train examples that give away one of dev or test of this domain, unless they
    are to be dropped; nothing is ever dropped from dev and test. Then nothing is changed.
    """
    examples = list_examples(store, dataset.id)
    names = {each.id: each.external_id for each in list_documents(store, dataset.domain_id)}
    marked = [(_words(each), [names.get(own, own) for own in each.documents]) for each in examples]
    splits = dict(zip((each.key for each in examples), split_by_document(marked), strict=True))
    before = {each.key: Change(split=each.split) for each in examples}
    changed = change_examples(store, dataset, {key: Change(split=split) for key, split in splits.items()})
    train = [each for each in examples if splits[each.key] == "train"]
    leaks = training_leaks(store, dataset.domain_id, train, encode)
    if leaks and not drop_leaks:
        change_examples(store, dataset, before)
        raise UnprocessableError(
            f"Split so, {len({each.key for each in leaks})} examples of train give away what is measured with: "
            f"{said_of(leaks)} drop_leaks (--drop-leaks) removes them from train.",
            code="training_leaks",
        )
    return change_examples(store, dataset, {}, {each.key for each in leaks}) if leaks else changed


def _words(example: Example) -> str:
    """Return what an example without documents is split by."""
    asked = example.content.asked() if example.content else None
    return asked[0] if asked else example.key
