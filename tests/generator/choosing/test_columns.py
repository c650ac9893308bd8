"""Which column of a row a question asks for, and what is said where that is not clear."""

from __future__ import annotations

import pytest
from small_documents import hits_of, reading_of, words_of

from generator.choosing.days import agreement
from generator.choosing.measures import PassageMarks, measured
from generator.choosing.wording import asked_cell, word
from store.layout import Cell

_PRICES = """# Rooms

An empty cell means that the room is not let then.

| Room | Seats | Weekday until 17:00 | Weekday evening | Weekend | Price EUR |
|---|---|---|---|---|---|
| Attic | 18 | 11.00 | 16.00 |  | 5.00 |
| Hall | 60 | 22.00 | 34.00 | 41.00 | 9.00 |

| 课程 | 本区居民 | 外区居民 | 周末 |
|---|---|---|---|
| 书法 | 240 | 300 | 90 |
"""


def _cells(*columns: str) -> list[Cell]:
    return [Cell(column, 0, 1, "7") for column in columns]


@pytest.mark.parametrize(
    ("question", "columns", "expected"),
    [
        ("What does the attic cost in the evening?", ("Room", "Weekday until 17:00", "Weekday evening"), 2),
        ("How much is the hall on Saturday?", ("Room", "Weekday", "Weekend", "Price"), 2),
        ("舞蹈房周六租一小时什么价", ("场地", "工作日", "周末"), 2),
        ("书法班周二下午", ("场地", "工作日白天", "工作日晚上", "周末"), 1),
        ("What is the deposit of the hall?", ("Room", "Price", "Deposit"), 2),
        ("Can families buy an annual pass?", ("Ticket", "Adult", "Family (2+2)"), 2),
        ("enoxaparin 80 mg: cost per pack?", ("Code", "Pack", "Price EUR"), 2),
        ("What does it cost on a trip with a night away?", ("Meal", "On a day trip", "With a night away"), 2),
        ("我不是本区的，学费多少", ("课程", "本区居民", "外区居民"), None),
        ("Tell me about the hall", ("Room", "Seats", "Price"), None),
        ("How much is it?", ("Room", "Price", "Fee"), None),
    ],
)
def test_a_column_is_asked_for_by_all_words_of_its_name_by_a_day_or_as_the_price(
    question: str, columns: tuple[str, ...], expected: int | None
) -> None:
    assert asked_cell(_cells(*columns), words_of(question), question) == expected


@pytest.mark.parametrize(
    ("question", "column", "expected"),
    [
        ("open on Sunday?", "Weekend", 1),
        ("open on Sunday?", "Monday to Friday", 0),
        ("Tuesday evening", "Weekday evening", 2),
        ("礼拜天能租吗", "周末", 1),
        ("周三上午", "工作日白天", 2),
        ("周三上午", "工作日晚上", 1),
        ("What is the price?", "Weekend", 0),
    ],
)
def test_days_and_parts_of_the_day_are_counted(question: str, column: str, expected: int) -> None:
    assert agreement(question, column) == expected


def _said(question: str, row: str) -> str:
    words = words_of(question)
    for hit in hits_of(_PRICES):
        for each in measured(question, [hit], [reading_of(hit.passage.content)], words, [PassageMarks()]):
            if each.window.kind == "row" and row in each.window.text:
                return word(each, [hit], question, words).text
    raise AssertionError(row)


def test_the_cell_is_said_with_its_row_and_the_whole_row_where_the_column_is_not_clear() -> None:
    assert _said("What does the attic cost on a Monday evening?", "Attic") == "Room: Attic; Weekday evening: 16.00"
    assert _said("The attic on Sunday?", "Attic") == "Room: Attic; Weekend: (empty)"
    assert _said("书法是本区的多少钱", "书法") == "课程：书法；本区居民：240；外区居民：300；周末：90"


def test_the_row_of_the_code_that_is_asked_for_is_the_one_without_the_mark() -> None:
    (hit,) = hits_of("| Code | Remedy |\n|---|---|\n| E-21 | Wait. |\n| E-22 | Call. |\n")
    question, content = "What helps against E22?", hit.passage.content
    found = measured(question, [hit], [reading_of(content)], words_of(question), [PassageMarks()])

    assert [each.measures.unnamed for each in found] == [1.0, 0.0]


def test_a_sentence_that_ends_in_a_colon_is_said_with_the_code_that_it_leads_to() -> None:
    (hit,) = hits_of("The worker died. Start it again:\n\n```\nctl requeue\n```\n")
    words, reading = words_of("worker died"), reading_of(hit.passage.content)
    prose = next(
        each for each in measured("?", [hit], [reading], words, [PassageMarks()]) if each.window.kind == "prose"
    )

    assert word(prose, [hit], "?", words).text == "The worker died. Start it again: ctl requeue"
