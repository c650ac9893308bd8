"""Hand-written documents with slots for values, with questions whose answers are marked and questions without any."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tools.reader.synthetic.marks import mark
from tools.reader.synthetic.places import site_name
from tools.reader.synthetic.values import value

_SLOT = re.compile(r"\{(\w+)(#\w+)?\}")
_GOLD = re.compile(r"\[\[(\w+)\|(.*?)\]\]")


@dataclass(frozen=True)
class Ask:
    """Ways to ask for the answers of some keys, by language; no keys: the document does not tell."""

    keys: tuple[str, ...]
    ways: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Document:
    """A marked document with its questions; `rivals` are documents alike that answer none of them."""

    lang: str
    title: str
    text: str
    asks: tuple[Ask, ...]
    rivals: tuple[tuple[str, str], ...] = ()  # titles and marked texts


@dataclass(frozen=True)
class _Case:
    title: str
    text: str
    asked: tuple[tuple[str, tuple[str, ...]], ...]
    missing: tuple[str, ...]


@cache
def _cases(lang: str) -> tuple[_Case, ...]:
    source = (Path(__file__).parent / f"cases_{lang}.txt").read_text(encoding="utf-8")
    return tuple(_parsed(part) for part in source.split("=== ")[1:])


def _parsed(part: str) -> _Case:
    title, _, rest = part.partition("\n")
    lines = rest.splitlines()
    asked = []
    for line in lines:
        if line.startswith("? "):
            key, _, ways = line[2:].partition(" :: ")
            asked.append((key, tuple(ways.split(" / "))))
    missing = tuple(way for line in lines if line.startswith("! ") for way in line[2:].split(" / "))
    text = "\n".join(line for line in lines if not line.startswith(("? ", "! ")))
    return _Case(title, text, tuple(asked), missing)


def case_count(lang: str) -> int:
    """Return how many cases a language has."""
    return len(_cases(lang))


def case(lang: str, number: int, chance: random.Random) -> Document:
    """Return a case with new values in its slots; every slot that has a name keeps its value throughout."""
    source = _cases(lang)[number]
    known: dict[str, str] = {"{site}": site_name(lang, chance)}

    def filled(text: str) -> str:
        def replaced(match: re.Match[str]) -> str:
            if match[0] in known:
                return known[match[0]]
            written = value(match[1], chance).of(lang)
            if match[2]:
                known[match[0]] = written
            return written

        return _SLOT.sub(replaced, text)

    text = _GOLD.sub(lambda match: mark(match[1], match[2]), filled(source.text))
    asks = [Ask((key,), {lang: tuple(filled(way) for way in ways)}) for key, ways in source.asked]
    asks += [Ask((), {lang: (filled(way),)}) for way in source.missing]
    return Document(lang, filled(source.title), text, tuple(asks))
