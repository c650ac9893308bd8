"""Words for tables, records and conditions, in two languages, read from `words.txt`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tools.reader.synthetic.values import Value

SIZES = (("M6", "M8", "M10"), ("40 mm", "60 mm", "90 mm"), ("S", "L", "XL"), ("500 g", "2 kg"), ("type A", "type B"))
SUPPLIERS = ("Hartmoor", "Velda", "Jonquil & Sons", "Okapi Trade", "Bergli", "Norrsken", "Tamarind Ltd", "Pellworm")
Ways = dict[str, tuple[str, ...]]  # by language


@dataclass(frozen=True)
class Named:
    """A column or duty: its name, the kind of its values, and ways to ask for them; `{}` is the row."""

    name: Value
    kind: str
    ways: Ways


@dataclass(frozen=True, eq=False)
class Condition:
    """A condition as a document says it, and questions that meet it: `{}` is the question without it."""

    name: Value
    ways: Ways

    def asked(self, question: str, lang: str, number: int) -> str:
        """Return a question that meets the condition."""
        ways = self.ways[lang]
        way = ways[number % len(ways)]
        return way.format(question.rstrip("?") if way.startswith("{") else question)


@cache
def _sections() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in (Path(__file__).parent / "words.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            lines = found.setdefault(line.strip("[]"), [])
        elif line:
            lines.append(line)
    return found


def _value(text: str) -> Value:
    en, _, zh = text.strip().partition("=")
    return Value(en, zh)


def _ways(en: str, zh: str) -> Ways:
    return {"en": tuple(en.strip().split(" / ")), "zh": tuple(zh.strip().split(" / "))}


@cache
def words(section: str) -> tuple[Value, ...]:
    """Return the words of a section."""
    return tuple(_value(line) for line in _sections()[section])


@cache
def rows(section: str) -> tuple[tuple[Value, ...], ...]:
    """Return the lines of a section whose words stand beside each other."""
    return tuple(tuple(_value(part) for part in line.split("|")) for line in _sections()[section])


@cache
def synonyms(lang: str) -> dict[str, str]:
    """Return other words for words of questions."""
    return {value.en: value.zh for value in words(f"synonyms {lang}")}


@cache
def conditions() -> tuple[Condition, ...]:
    """Return conditions on which a value is another one."""
    parts = [line.split(" | ") for line in _sections()["conditions"]]
    return tuple(Condition(_value(name), _ways(en, zh)) for name, en, zh in parts)


@cache
def named(section: str) -> tuple[Named, ...]:
    """Return the columns or the roles."""
    parts = [line.split(" | ") for line in _sections()[section]]
    return tuple(Named(_value(name), kind.strip(), _ways(en, zh)) for name, kind, en, zh in parts)
