"""What an import does beyond storing: it splits by document, stores a line once, and tells what looks wrong."""

from __future__ import annotations

import json
from typing import Any

from writing import put

from eval.splits import split_by_document
from store.datasets import list_examples
from store.domains import Domain
from store.store import Store
from tuner.data.importing import import_examples


def imported(store: Store, domain: Domain, rows: list[dict[str, Any]]) -> tuple[list[str], dict[str, str]]:
    """Return the warnings of the import of these rows, and the splits by key."""
    data = "\n".join(json.dumps(row) for row in rows).encode()
    dataset = import_examples(store, domain.id, "faq", data)
    return dataset.warnings, {each.key: each.split for each in list_examples(store, dataset.id)}


def test_a_file_without_splits_is_split_by_document_and_says_so(store: Store, domain: Domain) -> None:
    names = [f"{number}.md" for number in range(20)]
    for name in names:
        put(store, domain.id, name, "ten")
    rows = [
        {"id": f"{name} {turn}", "question": f"Question {turn} about {name}?", "answers": ["ten"], "documents": [name]}
        for name in names
        for turn in range(3)
    ]

    warnings, splits = imported(store, domain, rows)

    of_document = {name: {splits[f"{name} {turn}"] for turn in range(3)} for name in names}
    assert all(len(found) == 1 for found in of_document.values())
    counts = {split: list(splits.values()).count(split) for split in ("train", "dev", "test")}
    assert counts["train"] > counts["test"] > 0 < counts["dev"]
    (said,) = warnings
    assert f"split by document: {counts['train']} train, {counts['dev']} dev, {counts['test']} test" in said


def test_a_document_keeps_its_split_when_the_file_grows() -> None:
    questions = [(f"q{number}", [f"{number % 30}.md"]) for number in range(90)]
    grown = [*questions, *((f"new{number}", [f"new{number}.md"]) for number in range(40))]

    before, after = split_by_document(questions), split_by_document(grown)

    assert after[:90] == before
    assert 0.4 < before.count("train") / 90 < 0.8
    assert {*before} == {"train", "dev", "test"}


def test_documents_that_share_a_question_stay_together_and_few_groups_are_for_training() -> None:
    chain = [("a", ["1.md", "2.md"]), ("b", ["2.md", "3.md"]), ("c", ["3.md"])]

    assert split_by_document(chain) == ["train"] * 3
    three = split_by_document([*chain, ("d", ["4.md"]), ("e", ["5.md"])])
    assert len({*three[:3]}) == 1
    assert {*three} == {"train", "dev", "test"}
    assert len({*split_by_document([("Same words?", []), ("same  WORDS?", []), ("x", []), ("y", [])])[:2]}) == 1


def test_a_repeated_line_is_told_and_stored_once(store: Store, domain: Domain) -> None:
    row = {"question": "How much?", "answers": ["ten"], "split": "train"}

    warnings, splits = imported(store, domain, [row, row, {**row, "question": "How many?"}, row])

    assert list(splits) == ["line-1", "line-3"]
    assert warnings == ["2 records (line 2, line 4) each repeated an earlier one and was stored once."]


def test_contradicting_answers_and_answers_that_stand_in_no_document_are_told(store: Store, domain: Domain) -> None:
    put(store, domain.id, "fares.md", "A ticket costs\nTEN crowns.")
    row = {"question": "How much?", "answers": ["ten  crowns"], "documents": ["fares.md"], "split": "train"}
    rows = [row, {**row, "question": "how MUCH?", "answers": ["twelve"]}, {**row, "question": "When?", "answers": []}]

    warnings, splits = imported(store, domain, rows)

    assert len(splits) == 3
    assert warnings == [
        "Line 2 asked the same as an earlier one and answered otherwise.",
        "Line 2 had no answer that stands word for word in a document that it names.",
    ]
