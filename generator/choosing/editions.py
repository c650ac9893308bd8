"""Editions: of documents that differ in dates alone the newest is in force, unless an old one is asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_DATE = re.compile(
    r"(?<!\d)((?:19|20)\d{2})(?:[-./年 ]?(0?[1-9]|1[0-2])(?!\d))?(?:[-./月 ]?(0?[1-9]|[12]\d|3[01])(?!\d))?"
)
_NUMBER = re.compile(
    r"\b(?:v|version|edition|rev|revision|release|r)[ ._-]?(\d{1,3}(?:\.\d{1,3}){0,2})\b|第(\d{1,3})版", re.I
)
_RECURRING = re.compile(  # each of these is in force beside the others
    r"\b(?:minutes|meetings?|reports?|newsletters?|invoices?|logs?|notes|diary|agenda|e-?mails?|fwd?|re)\b"
    r"|纪要|会议|例会|周报|月报|日报|日志|简报|通讯|发票",
    re.I,
)
_MARKS = re.compile(
    r"\b(?:current|new|newest|latest|old|outdated|superseded|draft|final|revised|valid|edition|version|rev|revision|"
    r"january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|"
    r"aug|sept?|oct|nov|dec)\b|现行|最新|旧版|修订版?|试行|年版|年度|版|年|月|日|废止|已失效",
    re.I,
)
_NOISE = re.compile(r"[\W_\d]+")
_OLD = re.compile(
    r"\b(?:old|older|previous|former|earlier|past|back then|used to|prior|before|formerly|until|superseded|was|were)\b"
    r"|旧|以前|之前|原来|过去|从前|当时|上一版|废止",
    re.I,
)
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")


@dataclass(frozen=True)
class Edition:
    """What a title says of an edition: the name of the document without it, and its date or number, newest greatest."""

    name: str
    order: tuple[int, ...]

    @property
    def dated(self) -> bool:
        """Whether the title tells editions apart."""
        return bool(self.order)


def edition_of(title: str) -> Edition:
    """Return the edition that a title names."""
    dates = [tuple(int(part or 0) for part in match.groups()) for match in _DATE.finditer(title)]
    numbers = [match[1] or match[2] for match in _NUMBER.finditer(title)]
    order = max(dates, default=())
    if not order and numbers:
        order = (0, *(int(part) for part in numbers[-1].split(".")))
    if _RECURRING.search(title):
        order = ()
    bare = _MARKS.sub(" ", _NUMBER.sub(" ", _DATE.sub(" ", title)))
    return Edition(_NOISE.sub(" ", bare).strip().casefold(), order)


def asks_for_old(question: str, edition: Edition) -> bool:
    """Return whether a question may want an edition that is not in force: it says so, or names its year."""
    years = {int(year) for year in _YEAR.findall(question)}
    if years:
        return bool(edition.order) and edition.order[0] in years
    return _OLD.search(question) is not None


def outdated(question: str, titles: Sequence[str]) -> list[bool]:
    """Return for each title whether another one among them is a newer edition of the same, and is not wanted older."""
    editions = [edition_of(title) for title in titles]
    newest: dict[str, tuple[int, ...]] = {}
    for each in editions:
        if each.dated and each.name:
            newest[each.name] = max(newest.get(each.name, ()), each.order)
    return [
        each.dated and bool(each.name) and each.order < newest[each.name] and not asks_for_old(question, each)
        for each in editions
    ]
