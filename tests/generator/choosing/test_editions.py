"""Editions: the newest of a family is in force, what recurs has none, and an old one that is asked for counts."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import settings as configured
from hypothesis import strategies as st

from generator.choosing.editions import edition_of, outdated


@pytest.mark.parametrize(
    ("title", "name", "order"),
    [
        ("Leave 2024", "leave", (2024, 0, 0)),
        ("price_list_2025-11", "price list", (2025, 11, 0)),
        ("Leave 2025-03-01", "leave", (2025, 3, 1)),
        ("Tariff 202511", "tariff", (2025, 11, 0)),
        ("Leave policy v2", "leave policy", (0, 2)),
        ("Leave policy version 2.10", "leave policy", (0, 2, 10)),
        ("考勤制度（2024年版）", "考勤制度", (2024, 0, 0)),
        ("考勤制度 2025年3月修订", "考勤制度", (2025, 3, 0)),
        ("考勤制度 第3版", "考勤制度", (0, 3)),
        ("Handbook", "handbook", ()),
        ("员工手册", "员工手册", ()),
    ],
)
def test_a_title_names_its_edition(title: str, name: str, order: tuple[int, ...]) -> None:
    edition = edition_of(title)

    assert (edition.name, edition.order, edition.dated) == (name, order, bool(order))


@pytest.mark.parametrize(
    "title",
    [
        "Minutes 2024-05-02",
        "Report 2024",
        "Team meeting 2025-01-07",
        "会议纪要 2024-05-02",
        "周报2024-05",
        "Re: fees 2024",
    ],
)
def test_what_recurs_has_no_editions(title: str) -> None:
    assert not edition_of(title).dated
    assert outdated("What was decided?", [title, title.replace("2024", "2026").replace("2025", "2026")]) == [False] * 2


def test_only_what_a_newer_edition_of_the_same_replaces_is_outdated() -> None:
    titles = ["Fees 2023", "Fees 2025", "Leave 2024", "Fees", "收费标准2023", "收费标准（2024年修订）"]

    assert outdated("What is the fee?", titles) == [True, False, False, False, True, False]


def test_numbers_of_versions_are_compared_as_numbers() -> None:
    assert outdated("How is it set up?", ["Guide v9", "Guide v10"]) == [True, False]
    assert outdated("怎么安装？", ["安装说明 第9版", "安装说明 第10版"]) == [True, False]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What was the fee in 2023?", [False, True]),
        ("2023年的收费是多少？", [False, True]),
        ("What was the old fee?", [False, False]),
        ("以前收多少钱？", [False, False]),
        ("What does the old edition say?", [False, True]),
        ("What was it before 2025?", [False, True]),
        ("旧版里是多少？", [False, True]),
        ("What is the fee in 2025?", [True, False]),
        ("What is the fee in 2019?", [True, False]),
        ("现在收多少钱？", [True, False]),
    ],
)
def test_the_edition_that_is_asked_for_is_not_outdated(question: str, expected: list[bool]) -> None:
    assert outdated(question, ["Fees 2023", "Fees 2025"]) == expected


def test_titles_that_are_nothing_but_a_date_are_no_family() -> None:
    assert outdated("What is it?", ["2023", "2024", "2024-05"]) == [False, False, False]


_NAMES = st.sampled_from(["Fees", "Leave policy", "收费标准", "Minutes", ""])
_DAYS = st.none() | st.dates(date(1990, 1, 1), date(2049, 12, 31))


@given(st.lists(st.tuples(_NAMES, _DAYS), max_size=6))
@configured(max_examples=100, deadline=None, database=None, derandomize=True)
def test_the_newest_of_a_family_is_never_outdated_and_all_others_are(titles: list[tuple[str, date | None]]) -> None:
    found = outdated("What is the fee?", [f"{name} {day or ''}".strip() for name, day in titles])

    for (name, day), stale in zip(titles, found, strict=True):
        newer = [other for same, other in titles if same == name and other and day and other > day]
        assert stale == (bool(newer) and name not in ("", "Minutes")), titles


@given(st.text(max_size=40))
@configured(max_examples=100, deadline=None, database=None, derandomize=True)
def test_whatever_a_title_is_it_does_not_outdate_itself(title: str) -> None:
    assert outdated("What?", [title, title]) == [False, False]


@pytest.mark.parametrize("part", ["2024", "v1.", "2024-", "v", "第", "年", "-"])
def test_titles_of_megabytes_are_looked_through_at_once(part: str) -> None:
    begun = time.process_time()
    title = part * (500_000 // len(part))
    outdated(title, [title, "Fees 2024"])

    assert time.process_time() - begun < 5
