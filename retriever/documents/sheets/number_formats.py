"""Number formats: a value as a sheet shows it, by the code of its format, such as `#,##0.00 "kg"` or `0.0%`.

ECMA-376, part 1, section 18.8.31, as far as it says more than the bare value does: percent, currency, thousands, units,
and days that are spelled. Days in figures stay as ISO writes them: 03/04 is two days.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from retriever.documents.sheets.date_formats import elapsed, shown_moment

Show = Callable[[object], str | None]
BUILT_IN = {
    3: "#,##0", 4: "#,##0.00", 5: '"$"#,##0', 6: '"$"#,##0', 7: '"$"#,##0.00', 8: '"$"#,##0.00', 9: "0%", 10: "0.00%",
    15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss",
    37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00", 41: "#,##0", 42: '"$"#,##0', 43: "#,##0.00",
    44: '"$"#,##0.00', 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss",
}  # fmt: skip
_LONGEST = 255  # characters of a code
_TOKEN = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[([^\]]*)\]|([0#?]+)|(General|AM/PM|A/P)|(.)', re.S | re.I)
_COLOURS = frozenset(["black", "blue", "cyan", "green", "magenta", "red", "white", "yellow"])
_MOST_DECIMALS, _MOST_PERCENT = 8, 2
_EXACT = 1e15  # numbers from here on are not shown: not all of their digits are known


@cache
def show_by(code: str) -> Show | None:
    """Return what shows values by a format, None if it shows no more than the value says, or is not understood."""
    parts = _sections(code[:_LONGEST]) if len(code) <= _LONGEST else []
    sections = [_Section.of(part) for part in parts]
    if not sections or any(each is None for each in sections):
        return None
    known = [each for each in sections if each is not None]
    if not any(each.says_more for each in known):
        return None
    return lambda value: _shown(value, known)


def _shown(value: object, sections: Sequence[_Section]) -> str | None:
    first = sections[0]
    if isinstance(value, datetime | date | time):
        return shown_moment(value, first.code) if first.is_date else None
    if isinstance(value, timedelta):
        return elapsed(value, first.code)
    if first.is_date or isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _EXACT:
        return None
    number = Decimal(f"{value:.15g}")
    if number < 0 and len(sections) > 1:
        return sections[1].loss(-number)
    zero = sections[2] if number == 0 and len(sections) > 2 else first
    return zero.number(abs(number), negative=number < 0)


def _sections(code: str) -> list[str]:
    """Return the parts of a code, those for numbers: for all, or for positive and negative ones and for zero."""
    parts, part = [], ""
    for match in _TOKEN.finditer(code):
        if match[0] == ";":
            parts.append(part)
            part = ""
        else:
            part += match[0]
    return [*parts, part][:3]


@dataclass
class _Section:
    """One part of a code: how digits are written, and what stands before and behind them."""

    code: str
    before: str = ""
    behind: str = ""
    whole: str = ""
    decimals: str = ""
    percent: int = 0
    thousands: int = 0
    grouped: bool = False
    is_date: bool = False
    _state: str = field(default="before", repr=False)
    _commas: int = field(default=0, repr=False)

    @classmethod
    def of(cls, code: str) -> _Section | None:
        """Return a part of a code, None if it is not understood: conditions, fractions, powers of ten."""
        section = cls(code)
        if _is_date(code):
            section.is_date = True
            return section
        understood = all(section._take(match) for match in _TOKEN.finditer(code))
        return section if understood and section.percent <= _MOST_PERCENT else None

    @property
    def says_more(self) -> bool:
        """Whether it shows more of a value than its digits."""
        return bool(
            self.is_date or self.percent or self.grouped or self.thousands or self.whole.count("0") > 1
            or self.before.strip(" -()") or self.behind.strip(" -()")
        )  # fmt: skip

    def number(self, number: Decimal, *, negative: bool = False) -> str:
        """Return a number as it is shown."""
        if not self.whole and not self.decimals:
            return f"{self.before}{self.behind}".strip()
        scaled = number.scaleb(2 * self.percent - 3 * self.thousands)
        places = min(len(self.decimals), _MOST_DECIMALS)
        rounded = scaled.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        whole, _, fraction = f"{rounded:f}".partition(".")
        whole = whole.lstrip("0").zfill(self.whole.count("0"))
        fraction = _without(fraction, self.decimals)
        if self.grouped:
            whole = f"{int(whole or 0):,}" if len(whole) == len(whole.lstrip("0") or "0") else whole
        digits = f"{whole}.{fraction}" if fraction else whole
        sign = "-" if negative and rounded else ""
        text = f"{sign}{self.before}{digits}{self.behind}"
        return re.sub(r" {1,5}%", "%", text).strip() or "0"

    def loss(self, number: Decimal) -> str:
        """Return a negative number by the part of the code that is for these: with a minus, even if in parentheses."""
        bare = replace(self, before=self.before.strip("(- "), behind=self.behind.strip(")- "))
        return bare.number(number, negative=True)

    def _take(self, match: re.Match[str]) -> bool:
        """Take a token; return whether it is understood."""
        quoted, escaped, bracket, digits, word, sign = match.groups()
        if digits is not None:
            return self._digits(digits)
        if bracket is not None:
            return self._bracket(bracket)
        if quoted is not None or escaped is not None:
            return self._literal(quoted if quoted is not None else escaped)
        if word is not None:
            return False
        if sign is None:  # a blank as wide as a sign, or one that fills the cell
            return True
        return self._sign(sign)

    def _digits(self, digits: str) -> bool:
        if self._state == "before":
            self._state = "whole"
        if self._state == "whole":
            self.grouped = self.grouped or bool(self._commas)
            self.thousands, self._commas = self.thousands - self._commas, 0  # a comma among digits divides nothing
            self.whole += digits
        elif self._state == "decimals":
            self.decimals += digits
        return self._state != "behind"

    def _sign(self, sign: str) -> bool:
        if sign == "," and self._state in ("whole", "decimals"):
            self._commas += 1
            self.thousands += 1
            return True
        if sign == "." and self._state in ("before", "whole"):
            self._state = "decimals"
            return True
        if sign in "/eE@":
            return False
        self.percent += sign == "%"
        return self._literal(sign)

    def _bracket(self, bracket: str) -> bool:
        """Take a colour or a currency."""
        if bracket.startswith("$"):
            return self._literal(bracket[1:].partition("-")[0])
        return bracket.lower() in _COLOURS or bracket.lower().startswith("color")

    def _literal(self, text: str) -> bool:
        if self._state == "before":
            self.before += text
        else:
            self._state = "behind"
            self.behind += text
        return True


def _without(fraction: str, wanted: str) -> str:
    """Return the digits behind the point, without zeros for which there need be none."""
    least = len(wanted.rstrip("#?"))
    return fraction[:least] + fraction[least:].rstrip("0")


def _is_date(code: str) -> bool:
    for match in _TOKEN.finditer(code):
        _, _, bracket, _, word, sign = match.groups()
        if bracket is not None and bracket.lower() in ("h", "hh", "m", "mm", "s", "ss"):
            return True
        if (word or "").upper() in ("AM/PM", "A/P") or (sign is not None and sign in "yYmMdDhHsS"):
            return True
    return False
