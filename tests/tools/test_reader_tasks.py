"""Recurring spans: what is asked for stands in the context, and texts without any are refused."""

from __future__ import annotations

import itertools
import random

import pytest

from tools.reader.tasks import SHORT, Questions, recurring
from tools.training_texts import Item, Text

_TEXT = (
    "The lighthouse keeper Tobias Marrow came to the northern island in the spring of 1871. The winter was long and "
    "the boats stayed in the harbour for many weeks. A letter that was found later says that Tobias Marrow never left "
    "the tower during the great storm. Fishermen from the mainland brought him bread, oil and newspapers every month."
)


def test_a_span_that_recurs_is_asked_for_and_stands_in_the_context() -> None:
    tasks = list(itertools.islice(recurring([Text("made", "en", "", _TEXT)], random.Random(1), 0.0), 20))

    for task in tasks:
        assert task.answers == ("Tobias Marrow",)
        assert {task.context[start:end] for start, end in task.spans} == {"Tobias Marrow"}
        assert "Tobias Marrow" not in task.question


def test_texts_in_which_nothing_recurs_are_refused() -> None:
    text = Text("made", "en", "", "Every word of this rather short sentence stands here exactly once, friend.")

    with pytest.raises(ValueError, match="No span recurs"):
        next(recurring([text], random.Random(1), 0.0))


def test_a_title_above_a_context_moves_the_answers_with_it() -> None:
    item = Item("made", "en", "Who came to the island?", ("Tobias Marrow",), (_TEXT,), ("The keeper",))
    asked = Questions([item], {}, SHORT)

    tasks = [asked.draw(random.Random(seed), 0.0, headed=True) for seed in range(10)]

    for task in tasks:
        assert task.context.startswith("The keeper\n")
        assert {task.context[start:end] for start, end in task.spans} == {"Tobias Marrow"}
    assert asked.draw(random.Random(1), 0.0).context in tasks[1].context
