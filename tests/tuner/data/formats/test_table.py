"""The table of formats: each is told by its fields and becomes what it says; a further one needs only its row."""

from __future__ import annotations

import json
from typing import Any

import pytest

from store.datasets import list_examples
from store.domains import Domain
from store.errors import InvalidInputError
from store.examples import (
    ChatContent,
    Message,
    PreferenceContent,
    QuestionContent,
    Relevant,
    RetrievalContent,
    TextContent,
    TripletContent,
)  # fmt: skip
from store.store import Store
from tuner.data.formats import table
from tuner.data.formats.format import ReadExample, simple
from tuner.data.formats.table import FORMATS, detect, format_of
from tuner.data.importing import Wishes, import_examples
from tuner.data.record import Place, Record


def chat(*turns: str) -> list[Message]:
    """Return a conversation in which user and assistant take turns."""
    return [Message(role=("user", "assistant")[place % 2], content=text) for place, text in enumerate(turns)]


def system(text: str) -> Message:
    return Message(role="system", content=text)


_USER = [{"role": "user", "content": "Hi"}]
_REPLY = [{"role": "assistant", "content": "Hello"}]
_SQUAD = {
    "version": "v2.0",
    "data": [
        {
            "title": "Ferry",
            "paragraphs": [
                {
                    "context": "A ticket costs ten.",
                    "qas": [
                        {"id": "a", "question": "How much?", "answers": [{"text": "ten", "answer_start": 15}]},
                        {"id": "b", "question": "How many?", "answers": [], "is_impossible": True},
                    ],
                }
            ],
        }
    ],
}
CASES: list[tuple[str, dict[str, Any], list[Any]]] = [
    ("qa", {"question": "Q?", "answers": ["a", "b"]}, [QuestionContent(question="Q?", answers=["a", "b"])]),
    ("qa", {"question": "Q?", "answer": "a"}, [QuestionContent(question="Q?", answers=["a"])]),
    ("chat", {"messages": [*_USER, *_REPLY]}, [ChatContent(messages=chat("Hi", "Hello"))]),
    (
        "chat",
        {"messages": [{"role": "developer", "content": "Be kind."}, *_USER, *_REPLY, *_USER, *_REPLY]},
        [ChatContent(messages=[system("Be kind."), *chat("Hi", "Hello", "Hi", "Hello")])],
    ),
    (
        "chat",
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}, *_REPLY]},
        [ChatContent(messages=chat("Hi", "Hello"))],
    ),
    ("prompt_completion", {"prompt": "Hi", "completion": "Hello"}, [ChatContent(messages=chat("Hi", "Hello"))]),
    ("prompt_completion", {"prompt": _USER, "completion": _REPLY}, [ChatContent(messages=chat("Hi", "Hello"))]),
    (
        "alpaca",
        {
            "instruction": "Add.", "input": "1 2", "output": "3", "system": "Count.", "history": [["Hi", "Hello"]],
        },
        [ChatContent(messages=[system("Count."), *chat("Hi", "Hello", "Add.\n1 2", "3")])],
    ),
    ("alpaca", {"instruction": "Add.", "input": "", "output": "3"}, [ChatContent(messages=chat("Add.", "3"))]),
    (
        "alpaca_preference",
        {"instruction": "Add.", "chosen": "3", "rejected": "4"},
        [PreferenceContent(messages=chat("Add."), chosen="3", rejected="4")],
    ),
    (
        "alpaca_preference",
        {"instruction": "Add.", "output": "4", "kto_tag": False},
        [PreferenceContent(messages=chat("Add."), rejected="4")],
    ),
    (
        "sharegpt",
        {
            "system": "Use tools.",
            "conversations": [
                {"from": "human", "value": "Q"}, {"from": "function_call", "value": "f()"},
                {"from": "observation", "value": "1"}, {"from": "gpt", "value": "One"},
            ],
        },
        [
            ChatContent(
                messages=[
                    system("Use tools."), *chat("Q", "f()"), Message(role="tool", content="1"),
                    Message(role="assistant", content="One"),
                ]
            )
        ],
    ),
    (
        "sharegpt_preference",
        {
            "conversations": [{"from": "human", "value": "Q"}],
            "chosen": {"from": "gpt", "value": "A"}, "rejected": {"from": "gpt", "value": "B"},
        },
        [PreferenceContent(messages=chat("Q"), chosen="A", rejected="B")],
    ),
    (
        "sharegpt_preference",
        {"conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}], "kto_tag": True},
        [PreferenceContent(messages=chat("Q"), chosen="A")],
    ),
    (
        "preference",
        {"prompt": "Q", "chosen": "A", "rejected": "B"},
        [PreferenceContent(messages=chat("Q"), chosen="A", rejected="B")],
    ),
    (
        "preference",
        {"chosen": [*_USER, *_REPLY], "rejected": [*_USER, {"role": "assistant", "content": "No"}]},
        [PreferenceContent(messages=chat("Hi"), chosen="Hello", rejected="No")],
    ),
    (
        "preference",
        {"prompt": "Q", "completion": "B", "label": False},
        [PreferenceContent(messages=chat("Q"), rejected="B")],
    ),
    (
        "openai_preference",
        {
            "input": {"messages": _USER, "tools": []}, "preferred_output": _REPLY,
            "non_preferred_output": [{"role": "assistant", "content": "No"}],
        },
        [PreferenceContent(messages=chat("Hi"), chosen="Hello", rejected="No")],
    ),
    ("text", {"text": "The ferry leaves at noon."}, [TextContent(text="The ferry leaves at noon.")]),
    (
        "triplets",
        {"anchor": "q", "positive": "p", "negative_1": "n", "negative_2": "m"},
        [TripletContent(query="q", positives=["p"], negatives=["n", "m"])],
    ),
    (
        "triplets",
        {"sentence1": "q", "sentence2": "p", "score": 0.8},
        [TripletContent(query="q", positives=["p"], positive_scores=[0.8])],
    ),
    (
        "triplets",
        {"sentence1": "q", "sentence2": "n", "label": 0},
        [TripletContent(query="q", positives=[], negatives=["n"], negative_scores=[0.0])],
    ),
    (
        "flag_embedding",
        {"query": "q", "pos": ["p"], "neg": ["n"], "pos_scores": [0.9], "neg_scores": [0.1], "prompt": "Find: "},
        [
            TripletContent(
                query="q", positives=["p"], negatives=["n"], positive_scores=[0.9], negative_scores=[0.1],
                prompt="Find: ",
            )
        ],
    ),
    (
        "ms_swift",
        {
            "messages": [{"role": "user", "content": "q"}],
            "positive_messages": [[{"role": "user", "content": "p"}]],
            "negative_messages": [[{"role": "user", "content": "n"}]],
        },
        [TripletContent(query="q", positives=["p"], negatives=["n"])],
    ),
    (
        "llama_index",
        {"queries": {"1": "q"}, "corpus": {"c": "text", "d": "other"}, "relevant_docs": {"1": ["c"]}, "mode": "text"},
        [RetrievalContent(query="q", relevant=[Relevant(id="c", text="text")])],
    ),
    (
        "retrieval",
        {"query": "q", "relevant": [{"id": "c", "grade": 2, "text": "text"}]},
        [RetrievalContent(query="q", relevant=[Relevant(id="c", grade=2, text="text")])],
    ),
    (
        "squad",
        _SQUAD,
        [QuestionContent(question="How much?", answers=["ten"]), QuestionContent(question="How many?", answers=[])],
    ),
    (
        "squad",
        {"context": "It costs ten.", "question": "How much?", "answers": {"text": ["ten"], "answer_start": [9]}},
        [QuestionContent(question="How much?", answers=["ten"])],
    ),
    (
        "ragas",
        {"user_input": "Q?", "retrieved_contexts": ["x"], "response": "y", "reference": "a"},
        [QuestionContent(question="Q?", answers=["a"])],
    ),
    (
        "ragchecker",
        {"results": [{"query_id": "1", "query": "Q?", "gt_answer": "a", "response": "y", "retrieved_context": []}]},
        [QuestionContent(question="Q?", answers=["a"])],
    ),
    (
        "autorag",
        {"qid": "1", "query": "Q?", "retrieval_gt": [["c"]], "generation_gt": ["a"]},
        [QuestionContent(question="Q?", answers=["a"])],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "given", "expected"), CASES, ids=[name for name, _, _ in CASES])
def test_a_record_is_told_by_its_fields_and_becomes_its_content(
    store: Store, domain: Domain, name: str, given: dict[str, Any], expected: list[Any]
) -> None:
    dataset = import_examples(store, domain.id, "set", json.dumps(given).encode(), Wishes(split="train"))

    assert [each.content for each in list_examples(store, dataset.id)] == expected
    assert dataset.kind == FORMATS[name].kind
    inner = given["results"][0] if "results" in given else given
    assert detect(Record(Place(1), inner)) is FORMATS[name]


def test_every_format_is_tried() -> None:
    assert {name for name, _, _ in CASES} == {*FORMATS}


def test_a_file_of_two_formats_is_refused_at_the_record_where_the_second_begins(store: Store, domain: Domain) -> None:
    rows = [{"instruction": "Add.", "output": "3"}, {"messages": [*_USER, *_REPLY]}]

    with pytest.raises(InvalidInputError, match="line 2: this is written as chat, and what is before it as alpaca"):
        import_examples(store, domain.id, "set", "\n".join(map(json.dumps, rows)).encode())


def test_a_format_that_is_named_is_not_guessed(store: Store, domain: Domain) -> None:
    data = b'{"left": "q", "right": "p"}'

    dataset = import_examples(store, domain.id, "set", data, Wishes(written_as="triplets"))

    assert [each.content for each in list_examples(store, dataset.id)] == [TripletContent(query="q", positives=["p"])]


def test_an_unknown_format_is_refused_with_those_that_exist() -> None:
    with pytest.raises(InvalidInputError, match="no format 'csv'; there is squad, ragchecker") as caught:
        format_of("csv")

    assert caught.value.param == "format"


def test_a_further_format_needs_nothing_but_its_row(
    store: Store, domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(record: Record) -> ReadExample:
        return ReadExample(record.place, None, TextContent(text=str(record.get("verse"))))

    row = simple("verse", "text", '{"verse": "…"}', frozenset({"verse"}), lambda each: each.has("verse"), read)
    monkeypatch.setattr(table, "FORMATS", {**FORMATS, "verse": row})

    dataset = import_examples(store, domain.id, "set", b'{"verse": "roses"}')

    assert [each.content for each in list_examples(store, dataset.id)] == [TextContent(text="roses")]
