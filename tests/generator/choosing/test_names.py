"""Names in a question: which there are, and which a text holds however they are spelt."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import settings as configured
from hypothesis import strategies as st

from generator.choosing.names import names_in, names_missing

_QUICK = configured(max_examples=100, deadline=None, database=None, derandomize=True)


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Does the pump PX-041 need oil?", ["PX-041"]),
        ("What does MAX_RETRIES do?", ["MAX_RETRIES"]),
        ("Is v4.6.2 newer than Q3?", ["v4.6.2", "Q3"]),
        ("Is the Northgate pool near Elm Street?", ["Northgate", "Elm Street"]),
        ("What does “blue card” mean for \"night bus\"?", ["blue card", "night bus"]),
        ("错误E4711是什么意思？", ["E4711"]),
        ("《员工手册》里的「夜班」指什么？", ["员工手册", "夜班"]),
        ("Is E-12 the same as E-12?", ["E-12"]),
    ],
)  # fmt: skip
def test_codes_settings_versions_proper_names_and_what_is_quoted_are_names(question: str, names: list[str]) -> None:
    assert names_in(question) == names


@pytest.mark.parametrize(
    "question",
    [
        "Is it open on Monday in March, or at Easter?",
        "Do 16GB, 5km, 100ml, 1.5kWh and 20% suffice?",
        "Is it the 2nd day, at 9am or 2-4pm?",
        "How many days, since 2024-05-01?",
        "Is the e-mail address well-known?",
        "周一9点到10点开门吗？",
        "the depot, Who manages it? And when, Where?",
        "",
    ],
)
def test_weekdays_months_and_amounts_with_their_units_are_no_names(question: str) -> None:
    assert names_in(question) == []


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("E-4711", "see E4711 below"),
        ("E4711", "E 4711"),
        ("PX_041", "Die px-041."),
        ("E4711", "错误E-4711表示过热"),
        ("PX-041", "ＰＸ－０４１"),
        ("MAX_RETRIES", "max_retries = 3"),
        ("v4.6.2", "Release 4.6.2 is out"),
        ("A4", "Paper (A4) is kept here."),
    ],
)
def test_a_code_is_found_however_it_is_joined(name: str, seen: str) -> None:
    assert names_missing(f"What is {name}?", seen) == []


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("E-4711", "E-4712 and E-471 and page 4711"),
        ("E-47", "E-4711"),
        ("A-1", "AA-1, A-11"),
        ("B12", "the 12 and the B"),
        ("MAX_RETRIES", "MIN_RETRIES"),
        ("v4.6.2", "4.6.3"),
    ],
)
def test_a_part_of_another_code_is_not_this_one(name: str, seen: str) -> None:
    assert names_missing(f"What is {name}?", seen) == [name]


def test_proper_names_are_held_as_words_and_may_be_misspelt() -> None:
    asked = "Is the Northgate pool near the East depot?"

    assert names_missing(asked, "Nortgate pool, east depot") == []
    assert names_missing(asked, "The Southgate pool has at least one depot.") == ["Northgate", "East"]
    assert names_missing("Is Elm Street closed?", "the street with the elm") == []
    assert names_missing("“蓝卡”可以用吗？", "蓝卡在前台办理。") == []
    assert names_missing("“蓝卡”可以用吗？", "绿卡在前台办理。") == ["蓝卡"]


@pytest.mark.parametrize(
    ("question", "held", "lost"),
    [
        ("How warm is it, in Fahrenheit?", "28 °C (82 °F)", "28 °C"),
        ("What is it in Celsius?", "20 ℃", "68 °F"),
        ("What is the price in Dollars?", "USD 4 or 4 EUR", "4 EUR"),
        ("What does it cost in Francs?", "CHF 12", "EUR 12"),
    ],
)
def test_a_unit_is_held_by_its_symbol_and_not_by_that_of_another(question: str, held: str, lost: str) -> None:
    assert names_missing(question, held) == []
    assert len(names_missing(question, lost)) == 1


_LETTERS = st.text(alphabet="BEKPX", min_size=1, max_size=3)
_DIGITS = st.integers(100, 99_999).map(str)
_JOINTS = st.sampled_from(["", "-", "_", "/", "."])


@given(
    _LETTERS,
    _DIGITS,
    _JOINTS,
    _JOINTS | st.just(" "),
    st.sampled_from(["{} is red.", "Use {}, twice.", "型号{}停产。"]),
)
@_QUICK
def test_any_code_is_a_name_that_any_other_joint_holds(
    letters: str, digits: str, joint: str, other: str, seen: str
) -> None:
    asked = f"{letters}{joint}{digits}"

    assert names_in(f"Is {asked} red?") == [asked]
    assert names_missing(f"Is {asked} red?", seen.format(f"{letters}{other}{digits}")) == []
    assert names_missing(f"Is {asked} red?", seen.format(f"{letters}{other}{int(digits) + 1}")) == [asked]


@given(st.text(max_size=60), st.text(max_size=60))
@_QUICK
def test_names_stand_in_the_question_and_a_text_holds_its_own(question: str, seen: str) -> None:
    names = names_in(question)

    assert all(name in question for name in names)
    assert names == sorted(set(names), key=names.index)
    assert set(names_missing(question, seen)) <= set(names)
    assert names_missing(question, question) == []


@pytest.mark.parametrize("part", ["a-", "A_", "1-", "“", "aB1.", "e Aaa-", "x", "E4711 "])
def test_questions_and_texts_of_megabytes_are_looked_through_at_once(part: str) -> None:
    begun = time.process_time()
    long = part * (200_000 // len(part))
    names_in(long)
    names_missing("Is E-4711 in the Northgate?", long)

    assert time.process_time() - begun < 5
