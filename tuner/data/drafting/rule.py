"""What a rule is: a row of the table beside this, and the questions that it makes of a part of a document."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from retriever.documents.structure.units import Unit
from retriever.text.sentences import sentence_spans

_MARKS = re.compile(
    r"^[\s#>*\-•]*(?:\(?\d{1,2}(?:\.\d{1,2}){0,3}[.)、]?\s+|第[一二三四五六七八九十百\d]{1,4}[章条节]\s*|[一二三四五六七八九十]{1,3}、\s*)?"
)


@dataclass(frozen=True)
class Part:
    """A unit of a document, with the text of the whole, its title, the heading above
    and its level (0: none), whether it is the first below that, and whether that is Chinese."""

    text: str
    title: str
    heading: str
    unit: Unit
    level: int
    first: bool
    chinese: bool

    def sentence(self) -> tuple[int, int] | None:
        """Return the place of the first sentence of the unit, None if it has none."""
        for start, end in sentence_spans(self.text, self.unit.body, self.unit.end):
            if self.text[start:end].strip():
                return start, end
        return None


@dataclass(frozen=True)
class Draft:
    """A question with the answer that stands in the document from `start` to `end`."""

    rule: str
    question: str
    start: int
    end: int


@dataclass(frozen=True)
class Rule:
    """A way to make questions: its name, and what it yields of a part."""

    name: str
    drafts: Callable[[Part], Iterator[Draft]]


def bare(text: str) -> str:
    """Return the words of a heading or an item without marks, numbers and emphasis."""
    return _MARKS.sub("", text.strip(), count=1).replace("**", "").replace("`", "").strip(" :：.。*#")


def lowered(text: str) -> str:
    """Return a term as it stands inside a sentence: without a capital, unless it is a name or an abbreviation."""
    first = text.split(" ", 1)[0]
    return text[:1].lower() + text[1:] if first[1:].islower() else text
