"""Reviewing drafts: kept, edited and dropped ones, and decisions that cannot be carried out."""

from __future__ import annotations

import pytest

from store.datasets import Dataset, Example, create_dataset, get_dataset, list_examples
from store.domains import Domain
from store.errors import InvalidInputError
from store.examples import QuestionContent
from store.store import Store
from tuner.data.reviewing import Decision, review


@pytest.fixture
def drafts(store: Store, domain: Domain) -> Dataset:
    examples = [
        Example(key, "train", QuestionContent(question=f"{key}?", answers=[key]), {}, review="draft") for key in "abc"
    ]
    return create_dataset(store, domain.id, "drafts", "qa", "synthetic", examples)


def test_drafts_are_kept_edited_and_dropped(store: Store, drafts: Dataset) -> None:
    decisions = [
        Decision(key="a", verdict="keep"),
        Decision(key="b", verdict="edit", question="How much?"),
        Decision(key="c", verdict="drop"),
    ]

    after = review(store, drafts, decisions)

    assert (drafts.drafts, after.drafts, after.splits) == (3, 0, {"train": 2})
    kept, edited = list_examples(store, drafts.id)
    assert (kept.key, kept.review, kept.content) == ("a", "kept", QuestionContent(question="a?", answers=["a"]))
    assert (edited.review, edited.content) == ("edited", QuestionContent(question="How much?", answers=["b"]))
    assert kept.fingerprint is not None
    assert edited.fingerprint is not None
    assert edited.fingerprint.words != kept.fingerprint.words  # of the new question, or a leak would be missed


@pytest.mark.parametrize(
    ("decisions", "said"),
    [
        ([{"key": "z", "verdict": "keep"}], "decisions.0.key: 'z' is no example of drafts"),
        ([{"key": "a", "verdict": "keep"}, {"key": "a", "verdict": "drop"}], "decisions.1.key: 'a' is decided twice"),
        ([{"key": "a", "verdict": "edit"}], "decisions.0: editing needs a question or answers"),
        ([{"key": "a", "verdict": "keep", "answers": ["x"]}], "decisions.0: an example that is kept has no other"),
    ],
)
def test_a_decision_that_cannot_be_carried_out_is_named_and_nothing_changes(
    store: Store, drafts: Dataset, decisions: list[dict[str, object]], said: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        review(store, drafts, [Decision.model_validate(each) for each in decisions])

    assert caught.value.message.startswith(said)
    assert get_dataset(store, drafts.domain_id, drafts.id) == drafts
