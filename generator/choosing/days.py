"""Days and parts of the day: a question about Saturday is about the column "weekend", one about two o'clock "day"."""

from __future__ import annotations

import re

_WEEKEND = re.compile(r"\b(?:satur|sun)days?\b|周[六日末]|星期[六日天]|礼拜[六日天]", re.I)
_WEEKDAY = re.compile(r"\b(?:mon|tues|wednes|thurs|fri)days?\b|周[一二三四五]|星期[一二三四五]|礼拜[一二三四五]", re.I)
_OF_WEEKEND = re.compile(r"\bweek-?ends?\b|\bsat(?:urdays?)?\b|\bsun(?:days?)?\b|周末|休息日|双休", re.I)
_OF_WEEKDAY = re.compile(r"\bweek-?days?\b|\bworking days?\b|\bmon(?:days?)?\s?(?:to|[-–])|工作日|平日|周一至", re.I)
_EVENING = re.compile(r"\bevenings?\b|\bnights?\b|\btonight\b|晚上|夜里|傍晚|夜间", re.I)
_DAYTIME = re.compile(r"\bmornings?\b|\bafternoons?\b|\bnoon\b|\bdaytime\b|上午|下午|中午|早上|白天", re.I)
_OF_EVENING = re.compile(r"\bevening|\bnight|\bafter (?:1[6-9]|[4-9] ?pm)|晚|夜", re.I)
_OF_DAYTIME = re.compile(
    r"\bday(?:time)?\b|\bmorning|\bafternoon|\buntil (?:1[6-9]|[4-6] ?pm)|白天|上午|下午|日间", re.I
)
_ROWS = ((_WEEKEND, _OF_WEEKEND), (_WEEKDAY, _OF_WEEKDAY), (_EVENING, _OF_EVENING), (_DAYTIME, _OF_DAYTIME))


def agreement(question: str, column: str) -> int:
    """Return how many of the days and parts of the day that a question names the name of a column means."""
    return sum(1 for asked, meant in _ROWS if asked.search(question) and meant.search(column))
