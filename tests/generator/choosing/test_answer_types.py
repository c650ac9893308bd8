"""Kinds of values: for each of them statements that hold one and others that do not, in two languages."""

from __future__ import annotations

import time

import pytest

from generator.choosing.answer_types import ANSWER_TYPES, fit_of_type
from store.layout import StatementKind

# By kind: questions that ask for it, statements that give one, statements that do not.
_CASES: dict[str, tuple[list[str], list[str], list[str]]] = {
    "address": (
        ["What is the e-mail address of the office?", "Which email address takes complaints?", "投诉邮箱是什么？"],
        ["Write to desk@pool.example.", "desk@pool.example answers within a day.", "请发至 desk@pool.example。"],
        ["Write to the desk.", "Complaints are answered within 3 days.", "请写信给前台。"],
    ),
    "telephone": (
        ["What is the telephone extension of the desk?", "Which number do I call after hours?", "值班电话是多少？"],
        ["Extension 4410.", "Call +46 18 55 01 22.", "请拨 8866。"],
        ["Ring the desk.", "Room 12 is staffed at night.", "请到前台登记。"],
    ),
    "share": (
        ["What share of the fee is refunded?", "What percentage is kept?", "退款比例是百分之几？"],
        ["80% is refunded.", "Half of the fee comes back.", "退还百分之八十。"],
        ["The fee is refunded.", "The fee comes back within 5 days.", "费用将退回。"],
    ),
    "money": (
        ["How much do members pay?", "What is the deposit?", "押金多少钱？"],
        ["Members pay 12 euros.", "Entry is free on Sundays.", "押金为二百元。"],
        ["Members bring a card.", "The hall has 12 lockers.", "会员须带卡。"],
    ),
    "length": (
        ["How deep is the pool?", "What is the height of the gate?", "泳池多深？"],
        ["The pool is 1.8 m deep.", "The gate is 210 cm high.", "水深一点五米。"],
        ["The pool is deep.", "The gate opens at 8.", "泳池早上开放。"],
    ),
    "temperature": (
        ["How warm is the water?", "What temperature does the cellar have?", "水温多少度？"],
        ["It is kept at 28 °C.", "The cellar has 12 degrees.", "水温二十八度。"],
        ["The water is warm.", "The cellar has 12 racks.", "水很暖。"],
    ),
    "weight": (
        ["How heavy may a parcel be?", "What does the pump weigh in weight?", "行李限重量多少？"],
        ["At most 20 kg.", "It has 3 tonnes.", "不超过二十公斤。"],
        ["Parcels are stored in room 20.", "It is heavy.", "行李须寄存。"],
    ),
    "clock": (
        ["At what time does the kitchen close?", "How late may we stay?", "食堂几点关门？"],
        ["It closes at 21:30.", "Until 10 pm.", "晚上九点关门。"],
        ["It closes on holidays.", "Guests leave by the side door.", "食堂在二楼。"],
    ),
    "date": (
        ["When is the fair?", "On which day is rubbish collected?", "什么时候交报告？", "发工资是哪一天？"],
        ["The fair is in June.", "Every Tuesday.", "每月五日前交。"],
        ["The fair is in the hall.", "Rubbish is collected by the porter.", "报告交给组长。"],
    ),
    "duration": (
        [
            "How long does a repair take?",
            "How often is the filter changed?",
            "维修要多久？",
            "How far in advance must I ask?",
        ],
        ["A repair takes three weeks.", "Once a month.", "约需两小时。"],
        ["A repair costs 30.", "The porter changes the filter.", "请联系维修组。"],
    ),
    "count": (
        ["How many books may I borrow?", "What is the maximum of guests?", "一次能借多少本书？"],
        ["Up to 6 books.", "Twelve guests fit in.", "每次可借五本。"],
        ["Books are borrowed at the desk.", "Guests sign the list.", "在前台借书。"],
    ),
}


def test_every_kind_has_its_cases() -> None:
    assert sorted(each.name for each in ANSWER_TYPES) == sorted(_CASES)


@pytest.mark.parametrize("name", _CASES)
def test_a_question_asks_for_one_kind_and_the_statements_that_hold_it_fit(name: str) -> None:
    questions, giving, lacking = _CASES[name]

    for question in questions:
        (asked, *_) = [each.name for each in ANSWER_TYPES if each.asked.search(question)] or ["none"]
        assert asked == name, question
        assert [fit_of_type(question, text, "prose") for text in giving] == [1, 1, 1], question
        assert [fit_of_type(question, text, "prose") for text in lacking] == [-1, -1, -1], question


@pytest.mark.parametrize("question", ["Who leads the team?", "Why is the gate shut?", "谁负责仓库？", "怎样请假？", ""])
def test_nothing_is_demanded_where_no_kind_is_asked_for(question: str) -> None:
    assert fit_of_type(question, "The gate is shut.", "prose") == 0


def test_a_number_is_enough_of_a_row_but_for_an_address() -> None:
    row = "Ticket: Monthly; Adult: 38.00"

    def fit(question: str, text: str, kind: StatementKind = "row") -> int:
        return fit_of_type(question, text, kind)

    assert (fit("What is the price?", row), fit("What is the price?", row, "prose")) == (1, -1)
    assert (fit("押金多少钱？", "场地：琴房；押金：30"), fit("押金多少钱？", "场地：琴房；押金：无")) == (1, -1)
    assert fit("What is the e-mail address?", "Office: 12") == -1


def test_a_price_is_asked_for_before_a_number() -> None:
    assert fit_of_type("How much does it cost?", "There are 12.", "prose") == -1
    assert fit_of_type("How much water is left?", "There are 12.", "prose") == 1


@pytest.mark.parametrize(
    "text", ["一" * 100_000, "9" * 100_000, "a" * 100_000, "jan" * 33_000, "number " * 14_000, "1 " * 50_000]
)
def test_texts_of_megabytes_are_looked_through_at_once(text: str) -> None:
    begun = time.process_time()
    for question, *_ in (case[0] for case in _CASES.values()):
        fit_of_type(question, text, "prose")
    fit_of_type(text, "text", "prose")

    assert time.process_time() - begun < 5
