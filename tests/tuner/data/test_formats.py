"""The table of formats of data set files: a further one needs nothing but its row."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from store.datasets import list_datasets, list_examples
from store.domains import Domain
from store.errors import InvalidInputError
from store.examples import QuestionContent
from store.store import Store
from tuner.data import formats
from tuner.data.format import Format, ReadExample
from tuner.data.formats import FORMATS, format_of
from tuner.data.importing import import_examples


def _read(data: bytes, errors: list[str]) -> Iterator[ReadExample]:
    """Read lines of `question = answer`."""
    for number, line in enumerate(data.decode().splitlines(), start=1):
        question, sign, answer = line.partition(" = ")
        if sign:
            yield ReadExample(number, None, QuestionContent(question=question, answers=[answer]), [], "dev")
        else:
            errors.append(f"line {number}: no equals sign")


@pytest.fixture
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "FORMATS", {**FORMATS, "plain": Format("plain", kind="qa", read=_read)})


def test_questions_with_answers_are_what_a_file_holds_that_names_no_format() -> None:
    assert format_of(None).name == "qa"


def test_an_unknown_format_is_refused_with_those_that_exist() -> None:
    with pytest.raises(InvalidInputError, match="no format 'csv'; there is qa") as caught:
        format_of("csv")

    assert caught.value.param == "format"


@pytest.mark.usefixtures("_plain")
def test_a_file_in_a_further_format_becomes_a_data_set(store: Store, domain: Domain) -> None:
    dataset = import_examples(store, domain.id, "faq", b"How much? = ten\nHow many? = two", written_as="plain")

    found = list_examples(store, dataset.id)
    assert [(each.key, each.split, each.content.asked()) for each in found if each.content] == [
        ("line-1", "dev", ("How much?", ["ten"])),
        ("line-2", "dev", ("How many?", ["two"])),
    ]


@pytest.mark.usefixtures("_plain")
def test_what_a_format_finds_wrong_keeps_the_file_out(store: Store, domain: Domain) -> None:
    with pytest.raises(InvalidInputError, match="line 2: no equals sign"):
        import_examples(store, domain.id, "faq", b"How much? = ten\nHow many?", written_as="plain")

    assert list_datasets(store, domain.id) == []
