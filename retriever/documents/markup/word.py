"""The parts of a Word document that say what its paragraphs are: styles, and the references between parts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from retriever.documents.markup.archives import Archive, Element, attribute, local

_HEADING = re.compile(r"(?:heading|überschrift|titre|标题|標題|見出し|제목)[ ]?([1-9])", re.I)
_MOST_STEPS = 20  # from a style to what it is based on


@dataclass(frozen=True)
class Style:
    """What a style says of its paragraphs: heading level, 0 for none; number and level of a list; whether bold."""

    level: int = 0
    number: str = ""
    list_level: int = 0
    bold: bool = False


def child(element: Element | None, *names: str) -> Element | None:
    """Return the element that these names lead to, None if it is not there."""
    for name in names:
        element = next((each for each in element if local(each) == name), None) if element is not None else None
    return element


def value(element: Element | None, *names: str) -> str:
    """Return the attribute `val` of the element that these names lead to, "" if it is not there."""
    found = child(element, *names)
    return (attribute(found, "val") or "") if found is not None else ""


def is_on(element: Element | None, name: str) -> bool:
    """Return whether a property is switched on: it is there, and not said to be off."""
    found = child(element, name)
    return found is not None and (attribute(found, "val") or "1") not in ("0", "false", "off", "none")


def number_of(properties: Element | None) -> tuple[str, int] | None:
    """Return number and level of the list that a paragraph says it belongs to."""
    found = child(properties, "numPr")
    if found is None or not value(found, "numId"):
        return None
    level = value(found, "ilvl")
    return value(found, "numId"), int(level) if level.isdigit() else 0


class Styles:
    """The styles of a document."""

    def __init__(self, root: Element | None) -> None:
        """Take the part of a document that defines its styles, None if it has none."""
        self._elements = {
            attribute(each, "styleId") or "": each
            for each in (root if root is not None else ())
            if local(each) == "style"
        }
        self._known: dict[str, Style] = {}

    def of(self, name: str) -> Style:
        """Return the style of this id; one that says nothing if there is none."""
        if name not in self._known:
            self._known[name] = self._made(name)
        return self._known[name]

    def _made(self, name: str) -> Style:
        level, number, bold = 0, None, None
        for _ in range(_MOST_STEPS):
            element = self._elements.get(name)
            if element is None:
                break
            properties = child(element, "pPr")
            level = level or _level(value(element, "name"), value(properties, "outlineLvl"))
            number = number or number_of(properties)
            if bold is None and child(element, "rPr", "b") is not None:
                bold = is_on(child(element, "rPr"), "b")
            name = value(element, "basedOn")
        return Style(level, *(number or ("", 0)), bold=bool(bold))


def _level(name: str, outline: str) -> int:
    """Return the level of the heading that a style is for, 0 if it is for none."""
    match = _HEADING.match(name)
    if match is not None:
        return int(match[1])
    if name.lower() == "title":
        return 1
    return int(outline) + 1 if outline.isdigit() and int(outline) < 9 else 0


def part(document: Archive, name: str) -> Element | None:
    """Return the root of a part, None if it is not there."""
    return document.xml(name) if document.has(name) else None
