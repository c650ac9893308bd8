"""Support: a statement may say in other words what a sentence says, and nothing that the sentence does not say."""

from __future__ import annotations

import pytest

from generator.citing.claims import support

LEAST = 0.6
SAID_OTHERWISE = [
    ("The maximum daily dose is four grams.", "The maximum daily dose for adults is 4 g."),
    ("The office opens at 8 am.", "The office opens at 8:00."),
    ("The office closes on 4 March 2026.", "The office closes on 2026-03-04."),
    ("The office closes on March 4, 2026.", "The office closes on the fourth of March 2026."),
    ("The office closes in 2026.", "The office closes on 4 March 2026."),
    ("The budget is $5 million.", "The budget is 5,000,000 USD."),
    ("Refunds take 3 weeks.", "Refunds take three weeks."),
    ("A single ticket costs 12 crowns.", "One single ticket costs 12 crowns."),
    ("办公室早上八点开门。", "办公室8:00开门。"),
    ("单程船票12克朗。", "单程船票十二克朗。"),
    ("员工每年享有15天带薪年假。", "员工每年享有十五天带薪年假，工作满十年后增加到二十天。"),
    ("会议于2026年3月4日举行。", "会议于二〇二六年三月四日举行。"),
    ("Employees receive 25 days.", "Employees receive 25 days of leave, which cannot be carried over."),
    ("Dogs are allowed in the yard.", "Dogs are not allowed in the office, but are allowed in the yard."),
    ("The ferry doesn't run on Sundays.", "The ferry does not run on Sunday."),
    ("Not only employees but guests may use the canteen.", "Employees and guests may use the canteen."),
    ("不仅员工可以使用食堂。", "员工可以使用食堂。"),
    ("阀门每年检查。", "不锈钢阀门每年检查一次。"),
    ("Ben was paid by Anna.", "Anna paid Ben."),
    ("Cats and dogs are allowed.", "Dogs and cats are allowed."),
    ("The capital of France is Paris.", "Paris is the capital of France."),
    ("On Monday the office opens at nine.", "The office opens at nine on Monday."),
    ("The library closes at noon on Saturdays.", "The library closes at 12:00 on Saturdays."),
    ("It is open 9am-5pm.", "It is open from 9 am to 5 pm."),
    ("The office is open Monday to Friday.", "The office is open Mon–Fri."),
    ("The contract runs until 2025-12-31.", "The contract runs until 31.12.2025."),
    ("The fee is twelve thousand crowns.", "The fee is 12 000 crowns."),
    ("Two thirds of the staff agreed.", "2/3 of the staff agreed."),
    ("会议下午3点开始。", "会议15:00开始。"),
    ("图书馆周一至周五开放。", "图书馆星期一至星期五开放。"),
]
CONTRADICTED = [
    # numbers
    ("The maximum daily dose is 8 grams.", "The maximum daily dose is 4 grams."),
    ("The okapi price is 48 crowns.", "The okapi price is 51 crowns."),
    ("The hall holds eleven hundred guests.", "The hall holds twelve hundred guests."),
    ("The fee is 1,500 crowns.", "The fee is 15,000 crowns."),
    ("The rate is 0.5 %.", "The rate is 5 %."),
    ("The room is on the second floor.", "The room is on the third floor."),
    ("Half of the seats are free.", "A third of the seats are free."),
    ("He was born in the 1980s.", "He was born in the 1970s."),
    ("每天两次，每次5毫克。", "每天三次，每次5毫克。"),
    ("The final score was 2-2 at home.", "The final score was 1-2 at home."),
    ("The RX-300 pump is blue.", "The RX-200 pump is blue."),
    ("Version 2.0.1 fixes the error.", "Version 2.0.2 fixes the error."),
    ("The store keeps -5 °C.", "The store keeps 5 °C."),
    ("员工每年享有二十五天带薪年假。", "员工每年享有十五天带薪年假。"),
    # units
    ("The dose is 4 kg.", "The dose is 4 g."),
    ("The fee is 5 euros.", "The fee is 5 dollars."),
    ("Drying takes 3 hours.", "Drying takes 3 days."),
    ("Drying takes 3 hours.", "Drying takes 3."),
    ("Give 20 mg per hour.", "Give 20 mg per day."),
    ("The journal appears monthly.", "The journal appears weekly."),
    ("单程船票12元。", "单程船票十二克朗。"),
    # dates and times
    ("The office closes on 5 March 2026.", "The office closes on 4 March 2026."),
    ("The office closes on 4 April 2026.", "The office closes on 2026-03-04."),
    ("The office closes in May.", "The office closes in June."),
    ("The shop opens on Tuesday.", "The shop opens on Monday."),
    ("The shop closes at 8 pm.", "The shop closes at 8 am."),
    ("会议在周三举行。", "会议在周二举行。"),
    ("会议下午三点开始。", "会议上午三点开始。"),
    # negation, either way round
    ("The train does leave on Monday.", "The train does not leave on Monday."),
    ("The train never leaves on Monday.", "The train leaves on Monday."),
    ("The ferry runs.", "The ferry no longer runs."),
    ("Tickets with a stamp are valid.", "Tickets without a stamp are valid."),
    ("The fee is refundable within days.", "The fee is non-refundable within days."),
    ("Dogs are allowed in the office.", "Dogs are not allowed in the office, but are allowed in the yard."),
    ("周一发车。", "周一不发车。"),
    ("狗可以带入室内。", "狗不可以带入室内。"),
    ("停车场有充电桩。", "停车场没有充电桩。"),
    ("年份已可考。", "年份已不可考。"),
    ("犬は入れます。", "犬は入れません。"),
    ("Members failed to vote.", "Members voted."),
    ("Neither dogs nor cats are allowed.", "Dogs and cats are allowed."),
    ("人数超过5人。", "人数不超过5人。"),
    # opposites
    ("Smoking is legal here.", "Smoking is illegal here."),
    ("The pump is safe to use indoors.", "The pump is unsafe to use indoors."),
    ("Bags up to 30 kg are free.", "Bags over 30 kg are free."),
    ("The last train leaves at ten.", "The first train leaves at ten."),
    ("Everyone must register before arrival.", "Everyone must register after arrival."),
    ("展览免费。", "展览收费。"),
    ("Dogs are allowed in the office.", "Dogs are forbidden in the office."),
    ("年满18岁以下可以参加。", "年满18岁以上可以参加。"),
    # parties that changed places
    ("Anna paid Ben.", "Ben paid Anna."),
    ("Anna was paid by Ben.", "Anna paid Ben."),
    ("The train from Bergen to Oslo takes six hours.", "The train from Oslo to Bergen takes six hours."),
    ("Adults pay 5 crowns and children pay 10.", "Adults pay 10 crowns and children pay 5."),
    ("小王打了小李。", "小李打了小王。"),
    ("The fee rose from 10 to 12 crowns.", "The fee rose from 12 to 10 crowns."),
    ("The company acquired the supplier.", "The supplier acquired the company."),
    ("甲公司收购乙公司。", "乙公司收购甲公司。"),
]


@pytest.mark.parametrize(("statement", "sentence"), SAID_OTHERWISE)
def test_a_statement_in_other_words_is_supported(statement: str, sentence: str) -> None:
    share, objection = support(statement, sentence, LEAST)

    assert objection is None
    assert share >= LEAST


@pytest.mark.parametrize(("statement", "sentence"), CONTRADICTED)
def test_a_statement_that_the_sentence_contradicts_is_not(statement: str, sentence: str) -> None:
    assert support(statement, sentence, LEAST)[1] is not None


@pytest.mark.parametrize("sentence", [pair[1] for pair in SAID_OTHERWISE + CONTRADICTED])
def test_every_sentence_supports_itself(sentence: str) -> None:
    assert support(sentence, sentence, LEAST) == (1.0, None)


@pytest.mark.parametrize(
    ("statement", "sentence", "named"),
    [
        ("The dose is 8 grams.", "The dose is 4 grams.", "'8 grams'"),
        ("The office closes on 5 March.", "The office closes on 4 March.", "'5 March'"),
        ("The train leaves.", "The train does not leave.", "'leav'"),
        ("Anna paid Ben.", "Ben paid Anna.", "anna and ben changed places"),
    ],
)
def test_the_reason_names_what_differs(statement: str, sentence: str, named: str) -> None:
    reason = support(statement, sentence, LEAST)[1]

    assert reason is not None
    assert named in reason
