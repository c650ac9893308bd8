"""Passages of a marked document as the product renders them: heading path, context lines, a statement a line.

The document is Markdown with one paragraph, list item or table row a line. Marks of answers survive the rendering.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from tools.reader.synthetic.marks import unmarked

_HEADING = re.compile(r"#{1,4} +(.*)")
_ITEM = re.compile(r"(?:[-*] |\d+\. |\d+\) |\([a-z]\) |（[一二三四五六七八九十]+）)")
_QUESTION = re.compile(r"(?:Q|问|F)[:：]\s*")
_SIZES = {"en": (200, 800), "zh": (70, 280)}  # characters of a passage


@dataclass(frozen=True)
class Passage:
    """What the reader is shown of a document, and where in it the answer of each key stands."""

    content: str
    spans: dict[str, list[tuple[int, int]]]


@dataclass(frozen=True)
class _Line:
    path: tuple[str, ...]
    text: str
    lead: str  # the line that it needs: a lead-in, a question
    size: int


def passages(title: str, document: str, lang: str, chance: random.Random) -> list[Passage]:
    """Return the passages of a document, of a random size, in the order of the document."""
    lines = _lines(title, document, lang)
    size = chance.randint(*_SIZES[lang])
    groups: list[list[_Line]] = []
    for line in lines:
        fits = groups and sum(each.size for each in groups[-1]) + line.size <= size
        if fits and groups[-1][-1].path == line.path:
            groups[-1].append(line)
        else:
            groups.append([line])
    return [_rendered(group) for group in groups]


def _rendered(group: list[_Line]) -> Passage:
    shown = [" > ".join(group[0].path)]
    if group[0].lead:
        shown.append(unmarked(group[0].lead)[0])
    shown += [line.text for line in group]
    return Passage(*unmarked("\n".join(shown)))


def _lines(title: str, document: str, lang: str) -> list[_Line]:
    found: list[_Line] = []
    path: list[tuple[int, str]] = []
    header: list[str] = []
    before = lead = ""
    for line in document.splitlines():
        heading = _HEADING.match(line)
        if heading:
            level = line.index(" ")
            path = [each for each in path if each[0] < level] + [(level, heading[1])]
        if heading or not line.strip():
            header, before, lead = [], "" if heading else before, "" if heading else lead
            continue
        text = line.strip().replace("\u3000", " ").replace("`", "")
        if text.startswith("|"):
            cells = [cell.strip() for cell in text.strip("|").split("|")]
            if not header:
                header = cells
                continue
            if set(text) <= set("|-: "):
                continue
            text = row(header, cells, lang)
        lead = _lead(text, before, lead)
        found.append(_Line((title, *(name for _, name in path)), text, lead, len(text)))
        before = text
    return found


def _lead(text: str, before: str, lead: str) -> str:
    """Return the line that a line needs: the lead-in of its list, the question that it answers."""
    if _ITEM.match(text):
        return lead if _ITEM.match(before) else before if before.endswith((":", "：")) else ""
    return before if _QUESTION.match(before) else ""


def row(header: list[str], cells: list[str], lang: str) -> str:
    """Return a table row with the names of its columns."""
    between, after = ("；", "：") if lang == "zh" else ("; ", ": ")
    return between.join(f"{name}{after}{cell or '-'}" for name, cell in zip(header, cells, strict=False) if name)
