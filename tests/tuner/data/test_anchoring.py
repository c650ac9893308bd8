"""Examples are anchored to versions of documents and to spans of their texts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from writing import put

from store.datasets import Example, list_examples
from store.domains import Domain
from store.errors import InvalidInputError
from store.examples import Relevant, RetrievalContent
from store.store import Store
from tuner.data.anchoring import locate
from tuner.data.importing import Wishes, import_examples

TEXT = "# Fares\n\nA single ticket costs\ntwelve crowns. Children pay six crowns, and dogs pay nothing at all."


def imported(store: Store, domain: Domain, *rows: dict[str, Any]) -> list[Example]:
    data = "\n".join(map(json.dumps, rows)).encode()
    return list_examples(store, import_examples(store, domain.id, "set", data, Wishes(split="test")).id)


def quoted(example: Example) -> list[str]:
    return [TEXT[start:end] for places in example.spans.values() for start, end in places]


def test_answers_are_found_in_the_documents_that_a_question_names(store: Store, domain: Domain) -> None:
    fares = put(store, domain.id, "fares.md", TEXT)
    row = {"question": "How much?", "answers": ["Twelve  Crowns", "cost"], "documents": ["fares.md"]}

    (example,) = imported(store, domain, row)

    assert example.documents == {fares.id: 1}
    assert quoted(example) == ["twelve crowns"]  # and not the cost in "costs"


def test_a_paragraph_of_squad_is_found_whatever_its_white_space_is(store: Store, domain: Domain) -> None:
    put(store, domain.id, "other.md", "Nothing of the kind stands here, whatever somebody may look for.")
    fares = put(store, domain.id, "fares.md", TEXT)
    context = "A single ticket costs twelve crowns. Children pay six crowns, and dogs pay nothing at all."
    asked = {"question": "How much?", "answers": [{"text": "six crowns", "answer_start": context.index("six")}]}

    (example,) = imported(store, domain, {"data": [{"paragraphs": [{"context": context, "qas": [asked]}]}]})

    assert example.documents == {fares.id: 1}
    assert quoted(example) == ["six crowns"]


def test_spans_that_a_file_gives_are_checked_and_kept(store: Store, domain: Domain) -> None:
    fares = put(store, domain.id, "fares.md", TEXT)
    row = {"question": "Who?", "answers": ["dogs"], "spans": [{"document": "fares.md", "start": 9, "end": 17}]}

    (example,) = imported(store, domain, row)

    assert example.spans == {fares.id: [(9, 17)]}
    row["spans"][0]["end"] = 9000  # type: ignore[index]
    with pytest.raises(InvalidInputError, match=r"spans: 'fares\.md' has no characters 9 to 9000"):
        import_examples(store, domain.id, "again", json.dumps(row).encode())


def test_a_text_that_is_a_document_of_the_domain_is_not_stored_again(store: Store, domain: Domain) -> None:
    fares = put(store, domain.id, "fares.md", TEXT)
    relevant = [{"id": "fares.md", "text": TEXT}, {"id": "web-7", "text": "Elsewhere"}]

    (example,) = imported(store, domain, {"query": "fares", "relevant": relevant})

    assert example.documents == {fares.id: 1}
    assert example.content == RetrievalContent(
        query="fares", relevant=[Relevant(id="fares.md"), Relevant(id="web-7", text="Elsewhere")]
    )


@settings(max_examples=100, deadline=None)
@given(before=st.text(), passage=st.text(min_size=1), after=st.text(), blank=st.sampled_from([" ", "\n", "  \n\t"]))
def test_what_is_located_is_the_passage(before: str, passage: str, after: str, blank: str) -> None:
    squeezed = " ".join(passage.split())
    text = before + squeezed.replace(" ", blank) + after

    found = locate(text, squeezed)

    assert (found is None) == (not squeezed)
    if found:
        assert "".join(text[slice(*found)].casefold().split()) == "".join(squeezed.casefold().split())
