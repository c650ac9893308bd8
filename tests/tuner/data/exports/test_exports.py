"""Exports: what was imported, written for other tools, is the same once it is imported again."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

import pytest
from fakes import HashEncoder
from writing import put

from generator.engine import Engine
from generator.settings import GeneratorSettings
from retriever.settings import RetrieverSettings
from store.datasets import Dataset, create_dataset, list_examples
from store.domains import Domain
from store.errors import InvalidInputError, UnprocessableError
from store.store import Store
from tuner.data.exports.table import EXPORTS, export
from tuner.data.files.container import DataFile
from tuner.data.importing import Wishes, import_examples

_CHAT = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "你好"}]
SETS: dict[str, list[dict[str, object]]] = {
    "qa": [
        {"id": "a", "question": "How much?", "answers": ["twelve"], "documents": ["fares.md"], "split": "train"},
        {"id": "b", "question": "Who?", "answers": [], "language": "en", "split": "test"},
    ],
    "chat": [{"messages": [*_CHAT, {"role": "assistant", "content": "Hello\u2028there"}], "split": "dev"}],
    "preference": [
        {"prompt": _CHAT, "chosen": "A", "rejected": "B", "split": "train"},
        {"prompt": "Q", "completion": "B", "label": False, "split": "test"},
    ],
    "triplets": [
        {"query": "q", "pos": ["p", "r"], "neg": ["n"], "neg_scores": [0.5], "prompt": "Find", "split": "dev"}
    ],
    "retrieval": [
        {"id": "1", "query": "q", "relevant": [{"id": "fares.md", "grade": 3}], "split": "train"},
        {"id": "2", "query": "w", "relevant": [{"id": "x", "grade": 1, "text": "web"}], "split": "test"},
    ],
    "text": [{"text": "一段文字。\nAnd more.", "split": "train"}],
}


def imported(store: Store, domain: Domain, name: str, rows: list[dict[str, object]]) -> Dataset:
    return import_examples(store, domain.id, name, "\n".join(map(json.dumps, rows)).encode())


@pytest.fixture
def filled(store: Store, domain: Domain) -> Store:
    put(store, domain.id, "fares.md", "A ticket costs twelve crowns.")
    return store


def files(store: Store, dataset: Dataset, name: str, split: str | None = None) -> list[DataFile]:
    return [DataFile(path, data) for path, data in export(store, dataset, name, split).items()]


@pytest.mark.parametrize("kind", SETS)
def test_lines_are_the_data_set_again(filled: Store, domain: Domain, kind: str) -> None:
    first = imported(filled, domain, "first", SETS[kind])

    again = import_examples(filled, domain.id, "again", files(filled, first, "lines"))

    assert (first.kind, again.kind) == (kind, kind)
    assert list_examples(filled, again.id) == list_examples(filled, first.id)


@pytest.mark.parametrize("kind", ["chat", "preference"])
def test_conversations_are_the_same_after_a_way_through_chat(filled: Store, domain: Domain, kind: str) -> None:
    rows = SETS[kind][:1]
    first = imported(filled, domain, "first", rows)

    (file,) = files(filled, first, "chat")
    again = import_examples(filled, domain.id, "again", [file], Wishes(split=str(rows[0]["split"])))

    assert "split" not in json.loads(file.data)  # what OpenAI takes has nothing beside the messages
    assert [each.content for each in list_examples(filled, again.id)] == [
        each.content for each in list_examples(filled, first.id)
    ]


@pytest.mark.parametrize("kind", ["qa", "retrieval"])
def test_what_is_relevant_is_the_same_after_a_way_through_beir(filled: Store, domain: Domain, kind: str) -> None:
    first = imported(filled, domain, "first", SETS[kind])

    folder = files(filled, first, "beir")
    again = import_examples(filled, domain.id, "again", folder)

    assert {PurePosixPath(each.name).name for each in folder} >= {"corpus.jsonl", "queries.jsonl", "train.tsv"}
    found = {each.key: each for each in list_examples(filled, again.id)}
    assert {*found} == ({"1", "2"} if kind == "retrieval" else {"a"})  # what has no answer has nothing relevant
    for before in list_examples(filled, first.id):
        after = found.get(before.key, before)
        assert (after.split, after.documents) == (before.split, before.documents)
        if kind == "retrieval":
            assert after.content == before.content


def test_questions_become_conversations_in_which_what_no_document_says_is_declined(store: Store) -> None:
    engine = Engine(store, RetrieverSettings(), GeneratorSettings(), HashEncoder())
    domain = engine.create_domain("handbook")
    engine.close(checkpoint=False)
    dataset = import_examples(
        store,
        domain.id,
        "faq",
        b'{"question": "How much?", "answers": ["ten", "10"]}\n{"question": "Who?", "answers": []}',
        Wishes(split="train"),
    )

    rows = [json.loads(line) for line in export(store, dataset, "chat")["faq.jsonl"].splitlines()]

    assert rows[0] == {"messages": [{"role": "user", "content": "How much?"}, {"role": "assistant", "content": "ten"}]}
    assert rows[1]["messages"][0]["content"] == "Who?"
    assert len(rows[1]["messages"][1]["content"]) > 10


def test_only_the_split_that_is_asked_for_is_written(filled: Store, domain: Domain) -> None:
    dataset = imported(filled, domain, "first", SETS["qa"])

    (file,) = files(filled, dataset, "lines", "test")

    assert [json.loads(line)["id"] for line in file.data.splitlines()] == ["b"]
    with pytest.raises(UnprocessableError, match="first has no usable example in the split 'dev'"):
        export(filled, dataset, "lines", "dev")


def test_an_export_that_does_not_fit_names_those_that_do(filled: Store, domain: Domain) -> None:
    dataset = imported(filled, domain, "first", SETS["text"])

    with pytest.raises(InvalidInputError, match="kind text is exported as lines, not as 'beir'"):
        export(filled, dataset, "beir")
    assert {kind for each in EXPORTS.values() for kind in each.kinds} == {*SETS}


def test_an_empty_data_set_is_refused(filled: Store, domain: Domain) -> None:
    dataset = create_dataset(filled, domain.id, "none", "qa", "human", [])

    with pytest.raises(UnprocessableError, match="none has no usable example"):
        export(filled, dataset, "lines")
