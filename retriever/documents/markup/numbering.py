"""The numbers that Word writes before paragraphs, and that stand in no text: 1.1, (a), IV, 第三条."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from retriever.documents.markup.archives import Element, attribute, local

_PLACE = re.compile(r"%([1-9])")
_DIGITS = "零一二三四五六七八九"
_UNITS = ("", "十", "百", "千")
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
          (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
_LEVELS = 9


@dataclass(frozen=True)
class _Level:
    kind: str
    text: str
    start: int


class Numbering:
    """Counts the numbered paragraphs of a document, in order."""

    def __init__(self, root: Element | None) -> None:
        """Take the part of a document that defines its numbers, None if it has none."""
        self._levels: dict[str, dict[int, _Level]] = {}
        self._counts: dict[str, list[int]] = {}
        self._abstract: dict[str, str] = {}
        abstract = {
            attribute(each, "abstractNumId") or "": {
                int(attribute(level, "ilvl") or 0): _level(level) for level in each if local(level) == "lvl"
            }
            for each in (root if root is not None else ())
            if local(each) == "abstractNum"
        }
        for each in root if root is not None else ():
            if local(each) == "num":
                number = attribute(each, "numId") or ""
                of = next((attribute(child, "val") or "" for child in each if local(child) == "abstractNumId"), "")
                self._levels[number] = abstract.get(of, {})
                overrides = [child for child in each if local(child) == "lvlOverride"]
                self._abstract[number] = f"{of}/{number}" if overrides else of

    def mark(self, number: str, level: int) -> str:
        """Return the mark of the next paragraph with this number: "-" if it is a bullet, "" if it shows none."""
        levels = self._levels.get(number, {})
        own = levels.get(level)
        if own is None or not 0 <= level < _LEVELS:
            return ""
        counts = self._counts.setdefault(self._abstract[number], [0] * _LEVELS)
        counts[level] = counts[level] + 1 if counts[level] else own.start
        counts[level + 1 :] = [0] * (_LEVELS - level - 1)
        if own.kind == "bullet":
            return "-"
        if own.kind == "none":
            return ""

        def said(match: re.Match[str]) -> str:
            place = int(match[1]) - 1
            of = levels.get(place, own)
            return _WRITTEN.get(of.kind, str)(counts[place] or of.start)

        return _PLACE.sub(said, own.text).strip()


def _level(element: Element) -> _Level:
    values = {local(child): attribute(child, "val") or "" for child in element}
    start = values.get("start", "1")
    return _Level(
        values.get("numFmt", "decimal"),
        values.get("lvlText", ""),
        int(start) if start.isdigit() and len(start) < 6 else 1,
    )


def _letters(number: int) -> str:
    return chr(ord("a") + (number - 1) % 26) * min((number - 1) // 26 + 1, 8)


def _roman(number: int) -> str:
    if number > 10_000:
        return str(number)
    parts = []
    for value, sign in _ROMAN:
        parts.append(sign * (number // value))
        number %= value
    return "".join(parts)


def chinese(number: int) -> str:
    """Return a number in Chinese signs, as articles and chapters are counted."""
    if not 0 < number < 10_000:
        return str(number)
    said = ""
    for place, digit in enumerate(reversed(str(number))):
        if digit != "0":
            said = _DIGITS[int(digit)] + _UNITS[place] + said
        elif said and not said.startswith("零"):
            said = "零" + said
    return said.removeprefix("一") if 10 <= number < 20 else said


def _circled(number: int) -> str:
    return chr(0x245F + number) if 0 < number <= 20 else str(number)


_WRITTEN: dict[str, Callable[[int], str]] = {
    "lowerLetter": _letters, "upperLetter": lambda number: _letters(number).upper(), "lowerRoman": _roman,
    "upperRoman": lambda number: _roman(number).upper(), "decimalZero": lambda number: f"{number:02}",
    "chineseCounting": chinese, "chineseCountingThousand": chinese, "taiwaneseCounting": chinese,
    "taiwaneseCountingThousand": chinese, "japaneseCounting": chinese, "koreanCounting": chinese,
    "decimalEnclosedCircle": _circled, "decimalEnclosedCircleChinese": _circled,
}  # fmt: skip
