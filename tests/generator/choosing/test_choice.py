"""The choice: windows by their scores, cosines of the best, and names that nothing holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from fakes import HashEncoder
from small_documents import hits_of, reading_of, words_of

from generator.choosing.choice import NOTHING, WEIGHTS, Asked, Choice, choose
from retriever.models.encoder import Vectors
from retriever.search.search import Hit

_READING = {**dict.fromkeys(WEIGHTS, 0.0), "reading": 1.0}
_PIER = hits_of("The market opens at ten.\n\nThe boat leaves at nine. It is blue.\n\nA boat is red.\n", "Pier")


def _choose(
    question: str,
    hits: Sequence[Hit],
    likely: dict[str, float] | None = None,
    weights: dict[str, float] | None = None,
    unseen: frozenset[str] = frozenset(),
) -> Choice:
    readings = [reading_of(hit.passage.content, likely) for hit in hits]
    return choose(Asked(question, words_of(question).weights, unseen), hits, readings, None, weights or WEIGHTS)


class _BoatEncoder(HashEncoder):
    """What speaks of boats points one way, all else another."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.read += texts
        return np.array([[1.0, 0.0] if "boat" in text else [0.0, 1.0] for text in texts], np.float32)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return np.array([[0.8, -0.6] for _ in texts], np.float32)


def test_the_weights_are_those_of_the_measures() -> None:
    choice = _choose("Why?", _PIER)

    assert choice.best is not None
    assert set(choice.best.measures.by_name()) == set(WEIGHTS)


def test_the_score_is_the_weighted_sum_and_the_greatest_comes_first() -> None:
    choice = _choose("Why?", _PIER, {"ten": 5.0, "nine": 2.0}, {**_READING, "length": 2.0})

    assert [each.window.text for each in choice.ranked] == [
        "The market opens at ten.", "The boat leaves at nine. It is blue.", "A boat is red.",
    ]  # fmt: skip
    assert [each.score for each in choice.ranked] == pytest.approx(
        [5 + 2 * np.log(6), 2 + 2 * np.log(9), -10 + 2 * np.log(5)]
    )


def test_only_the_best_windows_are_encoded_and_a_negative_cosine_counts_nothing() -> None:
    encoder = _BoatEncoder()
    readings = [reading_of(_PIER[0].passage.content, {"ten": 5.0, "nine": 4.5, "red": 4.0})]
    weights = {**_READING, "cosine": 10.0}

    choice = choose(Asked("boat?", {}), _PIER, readings, encoder, weights, compared=2)

    assert encoder.read == ["Pier\nThe market opens at ten.", "Pier\nThe boat leaves at nine. It is blue."]
    assert [each.window.text for each in choice.ranked] == [
        "The boat leaves at nine. It is blue.", "The market opens at ten.", "A boat is red.",
    ]  # fmt: skip
    assert [each.measures.cosine for each in choice.ranked] == pytest.approx([0.8, 0.0, 0.0])


def test_the_likeliest_is_cut_to_the_sentence_that_answers() -> None:
    choice = _choose("When?", _PIER, {"nine": 5.0}, _READING)

    assert choice.best is choice.ranked[0]
    assert choice.best.window.text == "The boat leaves at nine."


@pytest.mark.parametrize(
    ("titles", "question", "chosen"),
    [
        (("Fees 2023", "Fees 2025"), "What is the fee for guests?", 1),
        (("Fees 2025", "Fees 2023"), "What is the fee for guests?", 0),
        (("Fees 2025", "Fees 2023"), "What was the fee for guests in 2023?", 1),
        (("North depot", "South depot"), "What is the fee for guests at the South depot?", 1),
        (("收费2025", "收费2023"), "访客费用是多少？", 0),
        (("东馆收费", "西馆收费"), "西馆访客多少钱？", 1),
    ],
)  # fmt: skip
def test_of_documents_that_say_the_same_the_newest_or_the_one_that_is_meant_is_chosen(
    titles: tuple[str, str], question: str, chosen: int
) -> None:
    texts = ["Guests pay 12 euros.\n\n访客费用为12元。\n", "Guests pay 15 euros.\n\n访客费用为15元。\n"]
    hits = [hit for number in (0, 1) for hit in hits_of(texts[number], titles[number], f"doc_{number}")]

    best = _choose(question, hits).best

    assert best is not None
    assert best.window.hit == chosen
    assert ("12", "15")[chosen] in best.window.text


def test_names_are_missed_and_those_that_no_document_holds_are_told_apart() -> None:
    hits = hits_of("Guests enter at E-12.\n", "North depot") + hits_of("Guests wait.\n", "South depot", "doc_2")

    assert _choose("Is E12 in the North depot?", hits).unnamed == ()
    missing = _choose("Is E-13 near the Elm gate?", hits, unseen=frozenset({"e13"}))
    assert (missing.unnamed, missing.unknown) == (("E-13", "Elm"), ("E-13",))


def test_a_sibling_that_there_is_not_is_named_once() -> None:
    hits = hits_of("Guests enter.\n", "North depot") + hits_of("Guests wait.\n", "South depot", "doc_2")
    halls = hits_of("访客登记。\n", "东馆手册") + hits_of("访客等候。\n", "西馆手册", "doc_2")

    asked = _choose("who may enter the east depot?", hits, unseen=frozenset({"east"}))
    assert (asked.unnamed, asked.unknown) == (("east depot",), ("east depot",))
    assert _choose("Is the East depot open?", hits, unseen=frozenset({"east"})).unnamed == ("East",)
    assert _choose("北馆访客怎样登记？", halls, unseen=frozenset({"北馆"})).unknown == ("北馆",)


def test_a_file_name_without_its_ending_stands_for_a_title() -> None:
    untitled = [
        replace(_PIER[0], passage=replace(_PIER[0].passage, title="", external_id=name))
        for name in ("fees_2023.md", "fees_2025.pdf")
    ]
    choice = _choose("When does the boat leave?", untitled)

    assert {each.window.hit: each.measures.outdated for each in choice.ranked} == {0: 1.0, 1: 0.0}


def test_where_nothing_was_found_or_read_there_is_no_best() -> None:
    assert choose(Asked("Why?", {}), [], [], HashEncoder()) == NOTHING
    assert NOTHING.best is None
    assert choose(Asked("Why?", {}), _PIER, [reading_of("")], HashEncoder()).best is None
