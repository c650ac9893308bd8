"""Importing questions: what a good file becomes, and that a bad one is refused line by line and leaves nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from store.datasets import list_datasets, list_examples
from store.domains import Domain
from store.errors import ConflictError, InvalidInputError
from store.examples import QuestionContent
from store.receiving import receive
from store.store import Store
from tuner.data.importing import Wishes, import_examples


def lines(*rows: dict[str, Any] | str) -> bytes:
    return "\n".join(row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows).encode()


def question(**changes: Any) -> dict[str, Any]:
    return {"question": "How much?", "answers": ["ten"], **changes}


def refused(store: Store, domain: Domain, data: bytes) -> str:
    """Return the message with which the file is refused; nothing of it may be stored."""
    with pytest.raises(InvalidInputError) as caught:
        import_examples(store, domain.id, "questions", data)
    assert (caught.value.code, caught.value.param) == ("invalid_dataset", "file")
    assert list_datasets(store, domain.id) == []
    return caught.value.message


def test_a_good_file_becomes_a_data_set_in_its_order(store: Store, domain: Domain) -> None:
    receive(store, domain.id, "fares.md", b"old", title="Fares", media_type="text/markdown")
    fares, _ = receive(store, domain.id, "fares.md", b"new", title="Fares", media_type="text/markdown")
    data = lines(
        {"id": "q-b", "question": "门票多少钱？", "answers": ["四十元"], "language": "zh", "split": "test"},
        {"id": "q-a", "question": "How much?", "answers": ["ten", "10"], "documents": ["fares.md"]},
        {"question": "Who is the mayor?", "answers": []},
    )

    dataset = import_examples(store, domain.id, "questions", data)

    assert (dataset.name, dataset.kind, dataset.origin) == ("questions", "qa", "human")
    assert dataset.splits == {"test": 1, "train": 2}
    assert dataset.warnings == []
    first, second, third = list_examples(store, dataset.id)
    assert (first.key, first.split, first.documents) == ("q-b", "test", {})
    assert first.content == QuestionContent(question="门票多少钱？", answers=["四十元"], language="zh")
    assert (second.key, second.documents) == ("q-a", {fares.id: 2})
    assert second.content == QuestionContent(question="How much?", answers=["ten", "10"])
    assert (third.key, third.content) == ("line-3", QuestionContent(question="Who is the mayor?", answers=[]))


@pytest.mark.parametrize(("given", "expected"), [(None, "train"), ("test", "test")])  # one line names a split
def test_a_line_without_a_split_goes_where_the_import_says_and_to_train_otherwise(
    store: Store, domain: Domain, given: str | None, expected: str
) -> None:
    data = lines(question(), question(question="How many?", split="dev"))

    dataset = import_examples(store, domain.id, "questions", data, Wishes(split=given))

    assert [example.split for example in list_examples(store, dataset.id)] == [expected, "dev"]


def test_a_byte_order_mark_and_empty_lines_and_line_ends_of_windows_do_no_harm(store: Store, domain: Domain) -> None:
    data = (
        b"\xef\xbb\xbf" + lines(question(), "", "   ", question(question="How many?")).replace(b"\n", b"\r\n") + b"\r\n"
    )

    dataset = import_examples(store, domain.id, "questions", data)

    assert [example.key for example in list_examples(store, dataset.id)] == ["line-1", "line-4"]


@pytest.mark.parametrize("separator", ["\u2028", "\u0085", "\u2029"])
def test_a_line_separator_inside_a_question_does_not_end_its_line(store: Store, domain: Domain, separator: str) -> None:
    data = lines(question(question=f"How much{separator}is it?"), question())

    dataset = import_examples(store, domain.id, "questions", data)

    assert [example.key for example in list_examples(store, dataset.id)] == ["line-1", "line-2"]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("{", "no JSON"),
        ('{"question": "How much?" "answers": []}', "no JSON"),
        ("[" * 100_000, "no JSON"),
        ('{"question": "How much?", "answers": [], "n": ' + "1" * 5000 + "}", "no JSON"),
        ("[]", "the record must be a JSON object, not a list"),
        ("null", "the record must be a JSON object, not null"),
        ({"answers": ["ten"]}, "question is missing"),
        ({"question": "How much?"}, "answers is missing"),
        (question(question=""), "question: "),
        (question(question=" \t"), "question: "),
        (question(question="x" * 4001), "question: String should have at most 4000 characters"),
        (question(question=7), "question must be a string, not the number 7"),
        (question(answers=7), "answers must be a list, not the number 7"),
        (question(answers=["ten", None]), "answers.1 must be a string, not null"),
        (question(answers=[""]), "answers.0: "),
        (question(answers=["x"] * 21), "answers: List should have at most 20 items"),
        (question(language="fr"), "language must be 'en' or 'zh', not 'fr'"),
        (question(split="valid"), "split must be 'train', 'dev' or 'test', not 'valid'"),
        (question(anwser="ten"), "anwser is no field that is known here"),
        (question(documents=["none.md"]), "there is no document 'none.md' in this domain"),
        ('{"question": "\\ud800", "answers": []}', "question holds half of a surrogate pair"),
    ],
)
def test_a_bad_line_is_named_with_its_number_and_nothing_is_stored(
    store: Store, domain: Domain, bad: dict[str, Any] | str, said: str
) -> None:
    message = refused(store, domain, lines(question(), "", bad, question()))

    assert "line 3 (record 2): " in message
    assert said in message
    assert "line 1" not in message
    assert "line 4" not in message


def test_an_id_that_is_there_twice_is_refused_at_its_second_line(store: Store, domain: Domain) -> None:
    assert "line 2: the id 'q' is there twice" in refused(store, domain, lines(question(id="q"), question(id="q")))
    assert "line 2: the id 'line-2' is there twice" in refused(store, domain, lines(question(id="line-2"), question()))


def test_of_many_bad_lines_five_are_named_and_the_rest_counted(store: Store, domain: Domain) -> None:
    message = refused(store, domain, lines(*["{"] * 8))

    assert [f"line {number}:" in message for number in range(1, 9)] == [True] * 5 + [False] * 3
    assert message.endswith(", and 3 more.")


@pytest.mark.parametrize(
    ("data", "said"), [(b"", "the file has no line"), (b"\n \n", "no line"), (b"\xff\xfe{}", "the file is not UTF-8")]
)
def test_a_file_that_holds_no_questions_is_refused(store: Store, domain: Domain, data: bytes, said: str) -> None:
    assert said in refused(store, domain, data)


def test_a_name_that_is_taken_is_refused_and_the_first_data_set_stays(store: Store, domain: Domain) -> None:
    first = import_examples(store, domain.id, "questions", lines(question()))

    with pytest.raises(ConflictError) as caught:
        import_examples(store, domain.id, "questions", lines(question(), question()))

    assert caught.value.code == "dataset_exists"
    assert list_datasets(store, domain.id) == [first]
