"""The marks that list items, numbered clauses, questions and answers begin with."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"十": 10, "两": 2, "百": 100}
_CHINESE = "[一二三四五六七八九十百零两]{1,5}"
_LONGEST_NUMBER = 4

# Each family of marks: how one is written, and whether it ends with its sign or needs a blank behind it.
_MARKS = re.compile(
    r"(?P<bullet>[-*+•‣◦●○▪■□☐–—·])(?P<task>[ \t]+\[[ xX]\])?(?=[ \t\u3000])"
    r"|(?P<point>[0-9]{1,3})[.．](?=[ \t\u3000]|[^\W\d_a-zA-Z])"
    r"|(?P<paren>[0-9]{1,3})[)）](?=[ \t\u3000]|[^\W\d_a-zA-Z])"
    r"|(?P<comma>[0-9]{1,3})、"
    r"|(?P<dotted>[0-9]{1,3}(?:\.[0-9]{1,3}){1,4})(?:[.．)、]|(?=[ \t\u3000]|[^\W\d_a-zA-Z]))"
    r"|[(（](?P<bracket>[0-9]{1,3}|[a-zA-Z]|[ivx]{1,5})[)）]"
    r"|(?P<letter>[a-zA-Z])[)）](?=[ \t\u3000])"
    r"|(?P<dot_letter>[a-hA-H])\.(?=[ \t\u3000])"
    r"|(?P<roman>[ivx]{1,5})[.)](?=[ \t\u3000])"
    r"|(?P<circled>[①-⑳])"
    rf"|(?P<han>{_CHINESE})[、．]"
    rf"|[（(](?P<han_bracket>{_CHINESE})[)）]"
    rf"|第(?P<article>{_CHINESE}|[0-9]{{1,4}})(?P<part>[条款章节编篇部])(?=[ \t\u3000：:、]|\w)"
    r"|(?P<section>§{1,2}[ \t]?[0-9]{1,4}[a-z]?)(?=[ \t\u3000])"
    r"|(?P<step>(?:Step|STEP|Schritt|步骤)[ \t]?[0-9]{1,3}|第[一二三四五六七八九十]{1,3}步)"
    r"(?=[.:：,，、 \t])[.:：,，、]?"
)
_CLAUSES = frozenset({"dotted", "article", "section"})
_QUESTION = re.compile(
    r"(?P<bold>\*\*|__)?(?:Q|Question|Frage|FAQ|问题?|問題?|[Ff]rage)[ \t]?(?:[0-9]{1,3})?[ \t]?(?P<close>\*\*|__)?"
    r"[ \t]?[:：.．、](?:\*\*|__)?[ \t\u3000]*",
)
_ANSWER = re.compile(
    r"(?:\*\*|__)?(?:A|Answer|Antwort|ANSWER|答案?|回答)[ \t]?(?:[0-9]{1,3})?[ \t]?(?:\*\*|__)?"
    r"[ \t]?[:：.．、](?:\*\*|__)?[ \t\u3000]*",
)


@dataclass(frozen=True, slots=True)
class Mark:
    """The mark of an item: its `family`, its place in the order of that family, and its `length` in the line.

    `order` is None for bullets, for which there is no order; `above` is what a number of several parts begins with.
    """

    family: str
    order: int | None
    length: int
    above: str = ""

    @property
    def is_clause(self) -> bool:
        """Whether it is the number of a clause."""
        return self.family.split(":")[0] in _CLAUSES

    def follows(self, other: Mark) -> bool:
        """Return whether an item with this mark may come next after one with the other in the same list."""
        if self.family != other.family:
            return False
        if self.order is None or other.order is None:
            return self.order == other.order
        if self.above != other.above:
            return self.order == 1
        return other.order < self.order <= other.order + 2


def mark_of(text: str) -> Mark | None:
    """Return the mark that a line begins with, if words follow it."""
    match = _MARKS.match(text)
    if match is None or match.end() >= len(text.rstrip()):
        return None
    family = match.lastgroup or ""
    if family == "task":
        family = "bullet"
    if family == "part":
        family = "article"
    found = match[family]
    rest = match.end()
    while rest < len(text) and text[rest] in " \t\u3000":
        rest += 1
    if family == "bullet":
        return Mark(f"bullet:{found}", None, rest)
    if family == "article":
        return Mark(f"article:{match['part']}", number(found), rest)
    if family == "dotted":
        above, _, last = found.rpartition(".")
        return Mark(f"dotted:{found.count('.')}", int(last), rest, above)
    return Mark(family, number(found), rest)


def number(written: str) -> int:
    """Return what a mark counts to: digits, letters, Chinese or circled numbers."""
    digits = "".join(each for each in written if each.isascii() and each.isdigit())
    if digits:
        return int(digits[:_LONGEST_NUMBER])
    if len(written) == 1 and "①" <= written <= "⑳":
        return ord(written) - ord("①") + 1
    if written.isascii():
        return ord(written[0].lower()) - ord("a") + 1 if len(written) == 1 else _roman(written)
    return _chinese(written.removeprefix("第").removesuffix("步"))


def question_mark(text: str) -> int:
    """Return how many characters a line has that say that it is a question, as `Q:` and 问： do; 0 if none."""
    match = _QUESTION.match(text)
    return match.end() if match is not None and match.end() < len(text) else 0


def answer_mark(text: str) -> int:
    """Return how many characters a line has that say that it is an answer, as `A:` and 答： do; 0 if none."""
    match = _ANSWER.match(text)
    return match.end() if match is not None else 0


def _roman(written: str) -> int:
    values = [{"i": 1, "v": 5, "x": 10}.get(each, 0) for each in written.lower()]
    return sum(-v if v < max(values[place + 1 :], default=0) else v for place, v in enumerate(values))


def _chinese(written: str) -> int:
    total = 0
    last = 0
    for each in written:
        value = _DIGITS.get(each, 0)
        if value >= 10:
            total, last = total + max(last, 1) * value, 0
        else:
            last = value
    return total + last
