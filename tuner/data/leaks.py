"""Leaks of training data: what would be learned and is measured with in the same domain, in these words or others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eval.leaks import Asked, Twins
from eval.paraphrases import ASKS_THE_SAME, Encode, Leak, Text, find_paraphrases, find_taught_answers
from store.datasets import Example, list_datasets, list_examples
from store.fingerprints import fingerprint_salt
from store.store import Store

MEASURED = ("dev", "test")
_NAMED = 5


@dataclass(frozen=True)
class TrainingLeak:
    """An example to train on, by its key, that gives away one that is measured with; `said` is a sentence."""

    key: str
    said: str


def training_leaks(store: Store, domain_id: str, examples: Sequence[Example], encode: Encode) -> list[TrainingLeak]:
    """Return for each leak the example to train on, and a sentence that names both.

    Measured with are the dev and test splits of all data sets of the domain.
    """
    measured = [
        (f"{dataset.name} {each.key}", each)
        for dataset in list_datasets(store, domain_id)
        for each in list_examples(store, dataset.id)
        if each.split in MEASURED
    ]
    known = [text for each in examples if (text := _text(each.key, each))]
    asked = [text for name, each in measured if (text := _text(name, each))]
    leaks = [*_nearly_equal(store, examples, measured), *find_paraphrases(known, asked, encode)]
    found = {(leak.asked, leak.known): leak for leak in [*leaks, *find_taught_answers(known, asked)]}
    return [TrainingLeak(leak.known, f"{leak}.") for leak in found.values()]


def said_of(leaks: Sequence[TrainingLeak]) -> str:
    """Return the first leaks as sentences, and how many more there are."""
    shown = " ".join(each.said for each in leaks[:_NAMED])
    return f"{shown} And {len(leaks) - _NAMED} more." if len(leaks) > _NAMED else shown


def near_duplicates(examples: Sequence[Example], encode: Encode) -> list[str]:
    """Return the keys of examples that ask what an earlier one asks, in other words and with the same answer."""
    texts = [text for each in examples if (text := _text(each.key, each))]
    order = {each.name: place for place, each in enumerate(texts)}
    pairs = find_paraphrases(texts, texts, encode)
    return sorted({max(leak.asked, leak.known, key=order.__getitem__) for leak in pairs}, key=order.__getitem__)


def _nearly_equal(store: Store, examples: Sequence[Example], measured: Sequence[tuple[str, Example]]) -> list[Leak]:
    known = [Asked(e.key, e.fingerprint, frozenset(e.documents)) for e in examples if e.fingerprint]
    asked = [Asked(name, e.fingerprint, frozenset(e.documents)) for name, e in measured if e.fingerprint]
    twins = Twins(known, asked, fingerprint_salt(store))
    return [Leak(each.name, twin.name, ASKS_THE_SAME) for each in asked if (twin := twins.of(each)) is not None]


def _text(name: str, example: Example) -> Text | None:
    if example.content is None:
        return None
    return Text.of(name, example.content, sorted(example.documents))
