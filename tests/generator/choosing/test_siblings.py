"""Siblings: the word that tells documents apart decides between them, and shows what there is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as configured
from hypothesis import strategies as st

from generator.choosing.siblings import Slot, other_siblings, slots, unknown_sibling

_DEPOTS = ["North depot", "South depot", "West depot", "Canteen"]
_HALLS = ["东馆手册", "西馆手册", "食堂"]


def test_a_slot_is_where_titles_of_one_length_differ_in_one_word() -> None:
    assert slots(_DEPOTS) == [Slot(frozenset({"north", "south", "west"}), "depot")]
    assert slots(["Fees of Elm", "Fees of Oak"]) == [Slot(frozenset({"elm", "oak"}), "of")]
    assert slots(_HALLS) == [Slot(frozenset("东西"), "馆")]


@pytest.mark.parametrize(
    "titles",
    [[], ["Depot"], ["North depot", "North depot"], ["North depot", "South gate"], ["North depot", "North depot fees"],
     ["Site 1", "Site 2"], ["Canteen", "Library"]],
)  # fmt: skip
def test_titles_that_differ_in_more_or_in_numbers_have_no_slot(titles: list[str]) -> None:
    assert slots(titles) == []


@pytest.mark.parametrize(
    ("question", "titles", "expected"),
    [
        ("When does the north depot open?", _DEPOTS, [False, True, True, False]),
        ("When do the north and south depots open?", _DEPOTS, [False, False, True, False]),
        ("When does the nroth depot open?", _DEPOTS, [False, True, True, False]),  # a slip
        ("When does the depot open?", _DEPOTS, [False, False, False, False]),
        ("When does the East depot open?", _DEPOTS, [False, False, False, False]),
        ("东馆几点开门？", _HALLS, [False, True, False]),
        ("几点开门？", _HALLS, [False, False, False]),
    ],
)
def test_a_known_filler_marks_the_others(question: str, titles: list[str], expected: list[bool]) -> None:
    assert other_siblings(question, titles) == expected


@pytest.mark.parametrize(
    ("question", "titles", "unseen", "expected"),
    [
        ("When does the East depot open?", _DEPOTS, {"east"}, "East depot"),
        ("When does the East depot open?", _DEPOTS, set(), None),  # some document holds it
        ("When does the North depot open?", _DEPOTS, {"north"}, None),
        ("When does the depot open?", _DEPOTS, {"the"}, None),
        ("When does East open?", _DEPOTS, {"east"}, None),
        ("北馆几点开门？", _HALLS, {"北馆"}, "北馆"),
        ("北馆几点开门？", _HALLS, {"几点"}, None),
        ("When does the East depot open?", ["North depot"], {"east"}, None),  # nothing to tell apart
    ],
)
def test_an_unknown_filler_is_named_only_if_no_document_holds_it(
    question: str, titles: list[str], unseen: set[str], expected: str | None
) -> None:
    assert unknown_sibling(question, titles, unseen) == expected


_FILLERS = ["north", "south", "west", "elm"]


@given(
    st.lists(st.sampled_from(_FILLERS), min_size=2, max_size=4, unique=True),
    st.sampled_from(["{} depot", "Fees of the {} pool", "{} 馆手册"]),
    st.integers(0, 3),
)
@configured(max_examples=60, deadline=None, database=None, derandomize=True)
def test_who_names_one_sibling_gets_no_other(fillers: list[str], frame: str, place: int) -> None:
    named = fillers[place % len(fillers)]
    titles = [frame.format(each.title()) for each in fillers]

    marked = other_siblings(f"How is it at {named}?", [*titles, "Canteen"])

    assert marked == [*(each != named for each in fillers), False]
    assert unknown_sibling(f"How is it at {named}?", titles, set(fillers)) is None


def test_a_sibling_that_is_misspelt_is_the_one_that_there_is() -> None:
    titles = ["Millbrook Pool - site sheet", "Northgate Pool - site sheet"]

    assert unknown_sibling("milbrook pool: how late?", titles, {"milbrook"}) is None
    assert unknown_sibling("hillside pool: how late?", titles, {"hillside"}) == "hillside pool"
