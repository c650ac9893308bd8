"""Editions: of documents that differ in dates alone the newest is in force, unless an old one is asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_DATE = re.compile(
    r"(?<!\d)((?:19|20)\d{2})(?:[-./年 ]?(0?[1-9]|1[0-2])(?!\d))?(?:[-./月 ]?(0?[1-9]|[12]\d|3[01])(?!\d))?"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WRITTEN = re.compile(
    rf"\b(?:(\d{{1,2}})(?:st|nd|rd|th)?\s+)?({'|'.join(_MONTHS)})[a-z]*\.?,?\s+((?:19|20)\d{{2}})(?!\d)",
    re.I,
)
_NUMBER = re.compile(
    r"\b(?:v|version|edition|ed|rev|revision|release|r)[ ._-]{0,2}(\d{1,3}(?:\.\d{1,3}){0,2})\b"
    r"|\b(\d{1,3})(?:st|nd|rd|th)\s+(?:edition|version|revision)\b|第(\d{1,3})版",
    re.I,
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
    r"\b(?:old|older|previous|former|earlier|last|superseded)\s+"
    r"(?:edition|version|policy|rules?|list|handbook|manual|one)\b"
    r"|\bback then\b|旧版|旧的|老版|上一版|(?:以前|之前|原来|过去)的?(?:规定|版本|办法|标准|制度)",
    re.I,
)
_PAST = re.compile(r"\b(?:old|older|previous(?:ly)?|former(?:ly)?|used to)\b|以前|原来|过去|从前|当时", re.I)
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
_BEFORE = re.compile(
    r"\b(?:before|prior to|until|earlier than)\s+(?:the\s+)?(?:\w+\s+)?((?:19|20)\d{2})\b"
    r"|((?:19|20)\d{2})年?版?(?:以前|之前)",
    re.I,
)


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
    dates += [
        (int(match[3]), _MONTHS.index(match[2].lower()) + 1, int(match[1] or 0)) for match in _WRITTEN.finditer(title)
    ]
    numbers = [match[1] or match[2] or match[3] for match in _NUMBER.finditer(title)]
    order = max(dates, default=())
    if not order and numbers:
        order = (0, *(int(part) for part in numbers[-1].split(".")))
    if _RECURRING.search(title):
        order = ()
    bare = _MARKS.sub(" ", _NUMBER.sub(" ", _DATE.sub(" ", _WRITTEN.sub(" ", title))))
    return Edition(_NOISE.sub(" ", bare).strip().casefold(), order)


def outdated(question: str, titles: Sequence[str]) -> list[bool]:
    """Return for each title whether another one among them is the edition of the same that the question is about.

    That is the newest, unless the question names a year that there is an edition of, a time before one, or an old
    edition; one about the past may be about any.
    """
    editions = [edition_of(title) for title in titles]
    orders: dict[str, set[tuple[int, ...]]] = {}
    for each in editions:
        if each.dated and each.name:
            orders.setdefault(each.name, set()).add(each.order)
    wanted = {name: _wanted(question, found) for name, found in orders.items()}
    return [each.dated and bool(each.name) and each.order not in wanted[each.name] for each in editions]


def _wanted(question: str, orders: set[tuple[int, ...]]) -> set[tuple[int, ...]]:
    """Return which editions of a document a question may be about."""
    newest = max(orders)
    if before := _BEFORE.search(question):
        limit = int(before[1] or before[2])
        earlier = {order for order in orders if order[0] < limit}
        return {max(earlier)} if earlier else {newest}
    years = {int(year) for year in _YEAR.findall(question)}
    if named := {order for order in orders if order[0] in years}:
        return named
    older = orders - {newest}
    if older and _OLD.search(question):
        return older
    return orders if _PAST.search(question) else {newest}
