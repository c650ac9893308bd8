"""Records that are wrong: each is refused with its place and the field that is to blame, and nothing is stored."""

from __future__ import annotations

import json
from typing import Any

import pytest

from store.datasets import list_datasets
from store.domains import Domain
from store.errors import InvalidInputError
from store.store import Store
from tuner.data.importing import import_examples

_USER = [{"role": "user", "content": "Hi"}]
_REPLY = [{"role": "assistant", "content": "Hello"}]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"messages": [{"role": "wizard", "content": "x"}]}, "messages.0.role must be system, user, assistant or tool"),
        ({"messages": [*_USER]}, "messages: the last message must be of the assistant, not of the user"),
        ({"messages": [*_REPLY]}, "messages: no message is of the user"),
        ({"messages": []}, "messages is empty"),
        ({"messages": "Hi"}, "messages must be a list, not 'Hi'"),
        ({"messages": [*_USER, {"role": "assistant", "content": " "}]}, "messages.1: the reply to learn is empty"),
        ({"messages": [*_USER, {"role": "assistant", "tool_calls": []}]}, "messages.1.tool_calls: calls of tools"),
        ({"messages": [*_USER, {"role": "system", "content": "x"}, *_USER, *_REPLY]}, "messages.1: a system message"),
        ({"messages": [{"role": "user"}, *_REPLY]}, "messages.0.content is missing"),
        (
            {"conversations": [{"from": "human", "value": 7}]},
            "conversations.0.value must be a string, not the number 7",
        ),
        ({"instruction": "Add."}, "output is missing"),
        ({"instruction": "Add.", "output": ""}, "output: "),
        ({"prompt": "Q", "chosen": "A", "rejected": ""}, "rejected is empty"),
        ({"prompt": "Q", "completion": "A", "label": "maybe"}, "label must be true or false, not 'maybe'"),
        ({"chosen": [*_USER, *_REPLY], "rejected": [*_USER, *_USER, *_REPLY]}, "must be the same conversation"),
        ({"anchor": "q", "positive": ""}, "positive must be a text, not empty"),
        ({"anchor": "q", "positive": "p", "label": "x"}, "label must be a number, not 'x'"),
        ({"anchor": "q", "positive": "p", "negative": "n", "label": 1}, "label is the label of a pair"),
        ({"query": "q", "pos": []}, "pos: List should have at least 1 item"),
        ({"query": "q", "pos": ["p"], "pos_scores": [1, 2]}, "pos_scores has 2 scores for 1 texts"),
        ({"queries": {"1": "q"}, "corpus": {}, "relevant_docs": {"1": ["c"]}}, "queries.1: the corpus has no text 'c'"),
        ({"query": "q", "relevant": [{"id": "none.md"}]}, "relevant.0: there is no document 'none.md' in this domain"),
        (
            {"data": [{"paragraphs": [{"context": "x", "qas": [{"question": ""}]}]}]},
            "data.0.paragraphs.0.qas.0: question: ",
        ),
        ({"user_input": "Q?"}, "reference is missing"),
        ({"question": "Q?", "answers": [], "spans": [{"document": "x", "start": 3, "end": 1}]}, "no document 'x'"),
        ({"color": "red"}, "no format has the fields color"),
    ],
)
def test_what_is_wrong_with_a_record_is_named_with_its_field(
    store: Store, domain: Domain, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        import_examples(store, domain.id, "set", json.dumps(given).encode())

    assert said in caught.value.message
    assert "line 1" in caught.value.message
    assert list_datasets(store, domain.id) == []
