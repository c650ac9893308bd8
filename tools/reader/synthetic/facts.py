"""Kinds of facts by domain, in two languages, read from `facts_*.txt`.

A domain begins with `@ english | chinese`, held-out ones end with `| held`. A fact is a line `- kind of value | things`
with its wordings below: `s` statements, `q` questions, `l` labels, in capitals the same in Chinese.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tools.reader.synthetic.values import Value

LANGUAGES = {"s": "en", "q": "en", "l": "en", "S": "zh", "Q": "zh", "L": "zh"}


@dataclass
class Fact:
    """A kind of fact: what it is said of (`things`), the kind of its value, and how it is stated and asked."""

    kind: str
    things: tuple[Value, ...]
    wordings: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def state(self, thing: Value, written: str, lang: str, chance: random.Random) -> str:
        """Return a sentence that states the value of a thing."""
        sentence = chance.choice(self.wordings["S" if lang == "zh" else "s"])
        return _capital(_filled(sentence, thing.of(lang), written), lang)

    def label(self, thing: Value, lang: str) -> str:
        """Return what stands before a colon or in the first cell of a row."""
        return _capital(_filled(self.wordings["L" if lang == "zh" else "l"][0], thing.of(lang), ""), lang)

    def column(self, lang: str) -> str:
        """Return a name for the column that holds the values."""
        label = self.wordings["L" if lang == "zh" else "l"][0]
        plain = re.sub(r"\{x(:A)?\}", "", label).strip(" ,（）()")
        return _capital(plain, lang) or _COLUMNS.get(self.kind.partition(":")[0], ("Details", "说明"))[lang == "zh"]

    def questions(self, thing: Value, lang: str) -> tuple[str, ...]:
        """Return ways to ask for the value of a thing."""
        return tuple(_filled(q, thing.of(lang), "") for q in self.wordings["Q" if lang == "zh" else "q"])


@dataclass(frozen=True)
class Domain:
    """A kind of house, with the facts that its documents tell."""

    name: Value
    facts: tuple[Fact, ...]
    held: bool


_COLUMNS = {
    "money": ("Price", "价格"),
    "time": ("Time", "时间"),
    "person": ("Name", "姓名"),
    "phone": ("Phone", "电话"),
    "room": ("Place", "地点"),
    "weekday": ("Day", "星期"),
    "temp": ("Temperature", "温度"),
    "count": ("Number", "数量"),
    "percent": ("Share", "比例"),
    "pick": ("Rule", "规定"),
}


def _filled(text: str, thing: str, written: str) -> str:
    text = text.replace("{x:A}", thing[:1].upper() + thing[1:]).replace("{x}", thing)
    return text.replace("{v:A}", written).replace("{v}", written)


def _capital(text: str, lang: str) -> str:
    return text if lang == "zh" or text.startswith("`") else text[:1].upper() + text[1:]


@cache
def domains(*, held: bool) -> tuple[Domain, ...]:
    """Return the domains to train on, or those held out to judge."""
    found: list[Domain] = []
    for path in sorted(Path(__file__).parent.glob("facts_*.txt")):
        for part in path.read_text(encoding="utf-8").split("@ ")[1:]:
            head, _, rest = part.partition("\n")
            names = [name.strip() for name in head.split("|")]
            found.append(Domain(Value(names[0], names[1]), _facts(rest), names[-1] == "held"))
    return tuple(domain for domain in found if domain.held == held)


def _facts(text: str) -> tuple[Fact, ...]:
    found: list[Fact] = []
    for line in text.splitlines():
        if line.startswith("- "):
            kind, _, things = line[2:].rpartition("|")
            found.append(Fact(kind.strip(), tuple(_thing(each) for each in things.split(";"))))
        elif line[:1] in LANGUAGES:
            found[-1].wordings[line[0]] = tuple(re.split(r" ?/ ", line[2:].strip()))
    return tuple(found)


def _thing(text: str) -> Value:
    en, _, zh = text.strip().partition("=")
    return Value(en, zh)
