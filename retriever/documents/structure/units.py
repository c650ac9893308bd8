"""What the structure of a text consists of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from store.layout import Cell, ContextSpan, StatementKind

UnitKind = StatementKind | Literal["heading"]


@dataclass(frozen=True, slots=True)
class Unit:
    """A heading, paragraph, list item, table row, question, answer or block of code: `[start, end)` of the text.

    Its words begin at `body`, behind its mark. Units of one `block` belong together: a list with the line before it, a
    table, a question with its answer; a heading, a rule or the head of a message begins another `part`. `context` is
    what it needs to be understood, outermost first. A passage that begins with this unit begins at `outer`.
    """

    kind: UnitKind
    start: int
    end: int
    body: int
    block: int
    outer: int
    context: tuple[ContextSpan, ...] = ()
    cells: tuple[Cell, ...] = ()
    level: int = 0
    title: str = ""
    quoted: bool = False
    part: int = 0
