"""The facts of a sentence that can be compared exactly: numbers with their units, dates, weekdays, times, codes, rates.

They are read from text in the form of `numerals.with_digits`, so that "four grams", "4 g" and 四克 are one fact each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from generator.citing.numerals import decimal_of, with_digits
from generator.citing.units import CURRENCY_SIGNS, PER, UNIT, per_unit, unit_names, unit_phrases
from generator.citing.word_list import word_list

_MONTH_NAMES = word_list("january february march april may june july august september october november december")
_MONTHS = {name: place for place, name in enumerate(_MONTH_NAMES, start=1)}
_MONTHS |= {name[:3]: place for name, place in _MONTHS.items()} | {"sept": 9}
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_DAYS = {name: place for place, name in enumerate(word_list("mon tue wed thu fri sat sun"))}
_DAY_SIGNS = {
    sign: place % 7 for signs in ("1234567", "月火水木金土日", "월화수목금토일") for place, sign in enumerate(signs)
}
_DAY_SIGNS |= {"天": 6, "末": 7}
_EUROPEAN_NUMBER = r"\d{1,3}(?:[,']\d{3})+(?:\.\d+)?|\d{1,2}(?:,\d{2})+,\d{3}|\d{1,3}(?:\.\d{3}){2,}"
_NUMBER = rf"(?:{_EUROPEAN_NUMBER}|\d+[.,]\d+|\d+|(?<!\d)\.\d+)"
_SCALES = {"hundred": 2, "thousand": 3, "k": 3, "million": 6, "mn": 6, "m": 6, "billion": 9, "bn": 9, "trillion": 12}
_SCALES |= {"百": 2, "千": 3, "万": 4, "百万": 6, "千万": 7, "亿": 8, "万亿": 12}
_SCALE_WORDS = r"hundred|thousand|million|billion|trillion|bn|mn|k(?![A-Za-z])|万亿|千万|百万|亿|万|千(?![克米瓦卡])|百"
_SCALE = rf"(?:\s?(?P<scale>{_SCALE_WORDS}))?"
_MONEY_SCALE = rf"(?:\s?(?P<scale>{_SCALE_WORDS}|m(?![A-Za-z])))?"
_HALVES = {"am": 0, "morning": 0, "凌晨": 0, "清晨": 0, "早上": 0, "早晨": 0, "上午": 0, "早": 0}
_HALVES |= {"午前": 0, "오전": 0, "pm": 1, "afternoon": 1, "evening": 1, "night": 1, "下午": 1}
_HALVES |= {"傍晚": 1, "晚上": 1, "晚": 1, "中午": 1, "午後": 1, "오후": 1}
_HALF = r"(?P<half>a\.?m\b\.?|p\.?m\b\.?|in the (?:morning|afternoon|evening)|at night)"
_ASIAN_HALF = r"(?P<half>凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|午前|午後|오전|오후|早|晚)?\s?"

_PATTERNS = {
    "money": rf"(?:(?<![A-Za-z])(?P<sign>{CURRENCY_SIGNS})\s?)(?P<amount>{_NUMBER}){_MONEY_SCALE}",
    "iso": r"(?P<year>\d{4})(?P<sep>[-/.])(?P<month>\d{1,2})(?P=sep)(?P<day>\d{1,2})(?!\d)",
    "asian": r"(?:(?P<year>\d{4})[年년]\s?)?(?P<month>\d{1,2})(?<!个)[月월]份?\s?(?:(?P<day>\d{1,2})[日号일])?",
    "asian_year": r"(?P<year>[12]\d{3})[年년](?!间)",
    "day_first": rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?{_MONTH}(?:,?\s+(?P<year>\d{{4}}))?",
    "month_first": rf"\b{_MONTH}\s+(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])(?:,?\s+(?P<year>\d{{4}}))?",
    "month_year": rf"\b{_MONTH},?\s+(?:of\s+)?(?P<year>\d{{4}})",
    "month_alone": rf"\b{_MONTH}",
    "slashed": r"(?<![\d/.])(?P<one>\d{1,2})(?P<sep>[/.])(?P<two>\d{1,2})(?P=sep)(?P<year>\d{4}|\d{2})(?!\d)",
    "version": r"\b\d+(?:\.\d+){2,}\b",
    "clock": rf"{_ASIAN_HALF}(?<![\d:])(?P<hour>\d{{1,2}}):(?P<minute>\d{{2}})(?::\d{{2}})?"
    rf"(?:\s?{_HALF.replace('half', 'half2')})?",
    "past": r"\b(?P<part>(?:half|\d{1,2})(?= past)|quarter|\d{1,2} minutes) (?P<way>past|to) (?P<hour>\d{1,2})\b",
    "hour_span": rf"(?P<hour>\d{{1,2}})\s?(?:-|–|—|to|until)\s?(?P<other>\d{{1,2}})\s?{_HALF}",
    "hour": rf"(?<![\d.,])(?P<hour>\d{{1,2}})(?:[.:](?P<minute>\d{{2}}))?\s?(?:o'clock\s?)?{_HALF}"
    r"|(?P<hour2>\d{1,2})\s?o'clock",
    "asian_hour": rf"{_ASIAN_HALF}(?P<hour>\d{{1,2}})[点时시](?![间間])\s?"
    r"(?:(?P<minute>\d{1,2})(?:[分분]|(?![\d刻]))|(?P<part>半|반|[13一三]刻))?",
    "noon": r"\b(?P<noon>noon|midday|midnight)\b|(?P<noon2>正午|午夜)",
    "weekday": r"\b(?P<name>(?:mon|tues|wednes|thurs|fri|satur|sun)day)s?\b|(?:星期|周|礼拜)(?P<sign>[1-7日天末])"
    r"|(?P<sign2>[月火水木金土日])曜日?|(?P<sign3>[월화수목금토일])요일",
    "weekday_short": r"\b(?P<short>(?:Mon|Tues?|Thu(?:rs?)?|Fri)\b"
    r"|(?:Wed|Sat|Sun)\b(?=[.–—-]|\s(?:to|and)\s)|(?<=[–—-])(?:Wed|Sat|Sun)\b)",
    "ordinal": r"(?P<place>\d+)(?:st|nd|rd|th)\b|第\s?(?P<place2>\d+)",
    "fraction": r"(?<![\d/])(?P<upper>\d{1,3})[/⁄](?P<lower>\d{1,3})(?![\d/])",
    "decade": r"(?P<decade>[12]\d{2}0)'?s\b",
    "code": r"\b[A-Za-z]{1,12}-?\d[\w-]*(?:\.\d+)*",
    "number": rf"(?:(?P<minus>minus |零下|负|(?<![\w)\]%.])-)\s?)?(?P<amount>{_NUMBER}){_SCALE}(?P<unit>{UNIT})?",
}


_BEFORE_MONTH = re.compile(
    r"\b(in|of|since|until|till|by|from|to|this|last|next|every|before|after|during|and|or)\s$|[-–]$", re.IGNORECASE
)


@dataclass(frozen=True)
class Fact:
    """A fact as it is `written`, in normal form; what `value` holds depends on the kind, see the readers below."""

    kind: str
    value: tuple[Decimal | int | str | None, ...]
    units: frozenset[str]
    written: str


def normal_form(text: str) -> str:
    """Return the text as facts are read from it: one normal form, digits for number words, short units."""
    return unit_phrases(with_digits(text))


@lru_cache(maxsize=1024)
def facts(text: str) -> tuple[Fact, ...]:
    """Return the facts of a text in normal form, in order."""
    taken: list[tuple[int, int]] = []
    found: list[tuple[int, Fact]] = []
    for kind, pattern in _COMPILED.items():
        for match in pattern.finditer(text):
            start, end = match.span()
            if start == end or any(start < right and left < end for left, right in taken):
                continue
            read = [fact for fact in _READERS[kind](match) if fact is not None]
            if read:
                found += [(start, fact) for fact in read]
                taken.append((start, match.start("unit") if kind == "number" and not read[0].units else end))
    for match in PER.finditer(text):
        found.append((match.start(), Fact("per", (per_unit(match),), frozenset(), match[0])))
    return tuple(fact for _, fact in sorted(found, key=lambda pair: pair[0]))


def _date(match: re.Match[str]) -> Iterable[Fact | None]:
    parts = match.groupdict()
    name = parts["month"]
    if name is not None and not name.isdigit():
        may = name.lower() in ("may", "march", "mar", "sun") and match.re is _COMPILED["month_alone"]
        if (match.re is _COMPILED["month_alone"] and not name[0].isupper()) or (may and not _stands_as_month(match)):
            return ()
        month: int | None = _MONTHS[name.lower()]
    else:
        month = int(name) if name else None
    year, day = (int(parts[key]) if parts.get(key) else None for key in ("year", "day"))
    if (month is not None and not 1 <= month <= 12) or (day is not None and not 1 <= day <= 31):
        return ()
    return (Fact("date", (year, month, day), frozenset(), match[0].strip(" .")),)


def _stands_as_month(match: re.Match[str]) -> bool:
    """Return whether "May" or "March" alone is the month: behind a preposition and with a capital."""
    return _BEFORE_MONTH.search(match.string[: match.start()]) is not None


def _year(match: re.Match[str]) -> Iterable[Fact]:
    return (Fact("date", (int(match["year"]), None, None), frozenset(), match[0]),)


def _slashed(match: re.Match[str]) -> Iterable[Fact]:
    one, two, year = int(match["one"]), int(match["two"]), int(match["year"])
    return (Fact("slashed", (year, one, two), frozenset(), match[0]),)


def _version(match: re.Match[str]) -> Iterable[Fact | None]:
    if re.fullmatch(r"\d{1,3}(\.\d{3}){2,}", match[0]):
        return ()
    return (Fact("code", (match[0],), frozenset(), match[0]),)


def _code(match: re.Match[str]) -> Iterable[Fact]:
    return (Fact("code", (squeezed(match[0]),), frozenset(), match[0]),)


def squeezed(text: str) -> str:
    """Return a text in lower case without blanks and hyphens: "RX-200" and "rx 200" are one code."""
    return re.sub(r"[\s_-]", "", text).casefold()


def _time(match: re.Match[str]) -> Iterable[Fact | None]:
    parts = match.groupdict()
    written = (parts.get("half") or parts.get("half2") or "").casefold().replace(".", "")
    half = next((value for name, value in _HALVES.items() if written and written.endswith(name)), None)
    hour = int(parts.get("hour") or parts.get("hour2") or 0)
    minute = int(parts.get("minute") or 0)
    if part := parts.get("part"):
        minutes = {"half": 30, "半": 30, "반": 30, "quarter": 15, "1刻": 15, "一刻": 15, "3刻": 45, "三刻": 45}
        minute = minutes[part] if part in minutes else int(part.split()[0])
        if parts.get("way") == "to":
            hour, minute = hour - 1, 60 - minute
    if hour > 24 or minute > 59:
        return ()
    if half is None and (hour >= 12 or hour == 0):
        half = int(12 <= hour < 24)
    read = [Fact("time", (hour % 12, minute, half), frozenset(), match[0].strip(" ."))]
    if parts.get("other"):
        read.append(Fact("time", (int(parts["other"]) % 12, 0, half), frozenset(), match[0].strip(" .")))
    return read


def _noon(match: re.Match[str]) -> Iterable[Fact]:
    half = 0 if match[0].casefold() in ("midnight", "午夜") else 1
    return (Fact("time", (0, 0, half), frozenset(), match[0]),)


def _weekday(match: re.Match[str]) -> Iterable[Fact]:
    parts = {name: text for name, text in match.groupdict().items() if text}
    name = parts.get("name") or parts.get("short")
    sign = parts.get("sign") or parts.get("sign2") or parts.get("sign3") or ""
    day = _DAYS[name.lower()[:3]] if name else _DAY_SIGNS[sign]
    return (Fact("weekday", (day,), frozenset(), match[0]),)


def _ordinal(match: re.Match[str]) -> Iterable[Fact]:
    return (Fact("ordinal", (Decimal(match["place"] or match["place2"]),), frozenset(), match[0]),)


def _fraction(match: re.Match[str]) -> Iterable[Fact]:
    return (Fact("code", (f"{int(match['upper'])}/{int(match['lower'])}",), frozenset(), match[0]),)


def _decade(match: re.Match[str]) -> Iterable[Fact]:
    return (Fact("number", (Decimal(match["decade"]),), frozenset({"decade"}), match[0]),)


def _number(match: re.Match[str]) -> Iterable[Fact]:
    parts = match.groupdict()
    amount = decimal_of(match["amount"])
    if scale := parts.get("scale"):
        amount *= Decimal(10) ** _SCALES[scale.casefold()]
    if parts.get("minus"):
        amount = -amount
    if sign := parts.get("sign"):
        return (Fact("number", (amount,), unit_names(sign), match[0]),)
    written = parts.get("unit") or ""
    units = unit_names(re.sub(r"^[\s-]*[多余]?[个個]?", "", written)) if written else frozenset()
    if not units and written[:1].isalpha() and written.isascii():  # "5x", "8GBit": glued to the number, so it is a unit
        units = frozenset({written.casefold()})
    bare = match[0][: match.end("amount") - match.start()] if not units and not scale else match[0]
    return (Fact("number", (amount,), units, bare.strip()),)


_READERS: dict[str, Callable[[re.Match[str]], Iterable[Fact | None]]] = {
    **dict.fromkeys(("iso", "asian", "day_first", "month_first", "month_year", "month_alone"), _date),
    **dict.fromkeys(("clock", "past", "hour_span", "hour", "asian_hour"), _time),
    **dict.fromkeys(("weekday", "weekday_short"), _weekday),
    **dict.fromkeys(("money", "number"), _number),
    "asian_year": _year,
    "slashed": _slashed,
    "version": _version,
    "noon": _noon,
    "ordinal": _ordinal,
    "fraction": _fraction,
    "decade": _decade,
    "code": _code,
}
_COMPILED = {
    kind: re.compile(pattern, 0 if kind == "weekday_short" else re.IGNORECASE) for kind, pattern in _PATTERNS.items()
}
