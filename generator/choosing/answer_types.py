"""What kind of value a question asks for (an amount of money, a time, a name ...), and whether a statement holds one.

A table of rows; the first whose pattern a question matches says what is asked for. Where none does, or where a value
cannot be told from its words, nothing is demanded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from store.layout import StatementKind

_NUMBER = (
    r"\d|[〇零一二两三四五六七八九十百千万半几数]"
    r"(?:个|天|年|月|日|号|元|块|倍|小时|分钟|秒|次|台|起|周|件|成|折|米|层|本|人|位|条|级|岁|张|把|项|度|公斤|吨|袋|箱|点)"
    r"|百分之|千分之|一半|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    r"|twenty|thirty|forty|fifty|sixty|hundred|dozen|half|once|twice|double|none|no|any|all|both|single|first|second"
    r"|third)\b"
)
_MONEY = (
    r"\b(?:eur|euros?|usd|dollars?|gbp|pounds?|chf|francs?|crowns?|sek|nok|dkk|yen|rmb|cny|cents?)\b|[€$£¥￥]|[元块]|克朗"
    r"|\b(?:free|nothing|no charge|not charged|half|price|paid|pay|pays)\b|免费|半价|不收|全价|[一二三四五六七八九\d]折"
    r"|%|per cent|percent|百分之"
)
_MONTH = r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b"
_DAY = (
    r"\b(?:mon|tues?|wednes|thurs?|fri|satur|sun)days?\b|\b(?:week(?:day|end)s?|daily|today|tomorrow|every day)\b"
    r"|周[一二三四五六日末]|星期|每天|工作日"
)
_CLOCK = (
    r"\d{1,2}[:：.]\d{2}|\b\d{1,2} ?[ap]\.?m\b|\bo'?clock\b|\b(?:noon|midnight)\b|[\d一二三四五六七八九十]点"
    r"|\bhours?\b|\bminutes?\b|分钟|小时|全天"
)
_DURATION = (
    r"\b(?:seconds?|minutes?|min|hours?|days?|weeks?|months?|years?|nights?|quarter|term|once|twice|always|until|never)\b"
    r"|[分秒时天周年月日]|小时|个月|星期|次日"
)
_LENGTH = r"\d ?(?:mm|cm|m|km|metres?|meters?|feet|ft|inch(?:es)?|miles?|m²|sqm)\b|米|公里|厘米|平方|里"
_WEIGHT = r"\d ?(?:kg|g|mg|t|tons?|tonnes?|lbs?|pounds?|kilograms?|grams?)\b|公斤|千克|克|吨"
_DATE = (
    rf"{_CLOCK}|{_MONTH}|{_DAY}|{_DURATION}|\d{{4}}|\b\d{{1,2}}(?:st|nd|rd|th)\b"
    r"|\b(?:before|after|as soon as|immediately|at once)\b|后|前"
)


@dataclass(frozen=True)
class AnswerType:
    """A kind of value: how it is asked for, and what a statement that gives one must hold."""

    name: str
    asked: re.Pattern[str]
    given: re.Pattern[str]


def _type(name: str, asked: str, given: str) -> AnswerType:
    return AnswerType(name, re.compile(asked, re.I), re.compile(given, re.I))


ANSWER_TYPES = (
    _type("address", r"\be-?mail address|\be-?mail of\b|邮箱|电子邮件", r"@"),
    _type(
        "telephone",
        r"\b(?:phone|telephone|extension|hotline)\b|\bnumber\b.{0,60}\b(?:call|ring|dial|reach)\b"
        r"|\b(?:call|ring|dial)\b.{0,60}\bnumber\b|电话|分机|拨(?:哪|什么|几)|号码",
        r"\d{3,}|\d(?:[ /-]?\d){4,}",
    ),
    _type(
        "share",
        r"\bwhat (?:share|percentage|part|proportion)\b|\bhow many per ?cent\b|百分之几|几成|几折|比例",
        r"%|per ?cent|half|third|quarter|百分之|成|折|半|倍|免费",
    ),
    _type("clock", r"\bwhat time\b|\bhow (?:late|early)\b|几点|什么时间", _CLOCK),
    _type(
        "date",
        r"^\W*when\b|[,;:]\s*when\b|\bwhen (?:is|are|does|do|will|was|did|can)\b|\bdate of\b|\bopening hours\b"
        r"|\b(?:what|which) (?:date|day|weekday|month|year)\b|哪一?天|什么时候|何时|几号|几月|日期|星期几|周几",
        _DATE,
    ),
    _type(
        "money",
        r"\b(?:price|prices|cost|costs|fee|fees|fare|tariff|deposit|salary|wage|allowance)\b"
        r"|\bhow much\b.{0,60}\b(?:pay|charge|spend|cost|money|get)"
        r"|\bwhat (?:do|does|would|will)\b.{0,60}\b(?:pay|cost|charge)"
        r"|多少钱|什么价|价格|收费|费用|押金|租金|工资|补贴|补助|学费|票价|罚款",
        _MONEY,
    ),
    _type(
        "length",
        r"\bhow (?:deep|high|wide|tall|far(?! in advance| ahead)|broad|thick)\b"
        r"|\b(?:depth|height|width|distance|area)\b|多深|多高|多宽|多远|多厚|面积|平方",
        _LENGTH,
    ),
    _type(
        "temperature",
        r"\bhow (?:warm|hot|cold)\b|\btemperature\b|温度|多少度|几度",
        r"°|\bdegrees?\b|[\d一二三四五六七八九十]度|℃",
    ),
    _type("weight", r"\bhow heavy\b|\bweighs?\b|\bweight\b|多重|重量", _WEIGHT),
    _type(
        "duration",
        r"\bhow (?:long|soon|often|old|far in advance|far ahead)\b|\b(?:period|duration|interval)\b"
        r"|多久|多长|几天|几年|几周|几个月|几小时|多少天|多大",
        _DURATION,
    ),
    _type(
        "count",
        r"\bhow (?:many|much)\b|\b(?:number|amount) of\b|\bmaximum\b|\bminimum\b|\blimit\b"
        r"|多少|几[个台次本人位条件张把]",
        _NUMBER,
    ),
)
_DIGIT = re.compile(r"\d")


def type_asked(question: str) -> str | None:
    """Return the name of the kind of value that a question asks for, None if it asks for none that is known."""
    return next((each.name for each in ANSWER_TYPES if each.asked.search(question)), None)


def fit_of_type(question: str, text: str, kind: StatementKind) -> Literal[-1, 0, 1]:
    """Return 1 if a statement holds the kind of value that is asked for, -1 if it does not, 0 if none is asked for.

    A table names the unit of a value in its column or above, so a number is enough of a row.
    """
    for each in ANSWER_TYPES:
        if each.asked.search(question):
            given = each.given.search(text) or (kind == "row" and each.name != "address" and _DIGIT.search(text))
            return 1 if given else -1
    return 0
