"""A tuning job that would learn what is measured with: it stops and names that, or leaves it out if it is told to."""

from __future__ import annotations

import json

import pytest
from workshop import TRAINED, Workshop

from store.datasets import list_examples
from store.errors import UnprocessableError
from store.jobs import list_events, list_jobs
from tuner.data.importing import import_examples


def test_what_is_measured_with_is_not_learned(workshop: Workshop) -> None:
    row = {"question": "At what time does the night shift begin?", "answers": ["ten in the evening"], "split": "test"}
    exam = import_examples(workshop.store, workshop.domain.id, "exam", json.dumps(row).encode())

    with pytest.raises(UnprocessableError) as caught:
        workshop.tune(trained="closed_book")

    assert caught.value.code == "training_leaks"
    assert f"1 of {TRAINED} examples give away what is measured with" in caught.value.message
    assert "exam line-1 asks the same as the training example line-1" in caught.value.message

    model = workshop.tune(trained="closed_book", drop_leaks=True)

    assert model.metrics["examples"] == TRAINED - 1
    newest = list_jobs(workshop.store)[0]
    (warning,) = [event.message for event in list_events(workshop.store, newest.id) if event.level == "warning"]
    assert warning.startswith("1 examples that give away what is measured with are left out")
    assert len(list_examples(workshop.store, exam.id)) == 1
