"""Statements packed into passages: as many as the sizes allow, cut where the text changes its subject."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from retriever.documents.statements import Said, between
from store.layout import ContextSpan, Layout, Statement

_SMALL = 8  # a rest of less than this part of the size that is aimed at goes with the passage before


@dataclass(frozen=True, slots=True)
class Packed:
    """Consecutive statements under one heading path, which is shown before them."""

    heading: str
    statements: Sequence[Said]
    bare: bool = False  # without the lines of context, for which there is no room


@dataclass(slots=True)
class Packing:
    """Packs the statements of one section: `aim` characters a passage, `most` at most.

    The last passage is held back, so that a rest of a few words can go with it.
    """

    heading: str
    aim: int
    most: int
    _waiting: list[Said] = field(default_factory=list)
    _size: int = 0
    _held: list[Said] = field(default_factory=list)

    def add(self, said: Said) -> Iterator[Packed]:
        """Take the next statement; yield the passages that are full."""
        if self._waiting:
            last = self._waiting[-1].unit
            if last.part != said.unit.part:
                yield from self.end()
            elif last.block != said.unit.block and self._size >= self.aim:
                yield from self._hold(self._waiting)
                self._waiting = []
        while self._waiting and self._size + len(said.shown) + 1 > self.most:
            place = self._place()
            yield from self._hold(self._waiting[:place])
            self._waiting = self._waiting[place:]
            self._size = _size(self._waiting)
        if not self._waiting:
            self._size = sum(len(span.quote) + 1 for span in outside(said.unit.context, said.unit.outer))
        self._waiting.append(said)
        self._size += len(said.shown) + 1

    def end(self) -> Iterator[Packed]:
        """Yield what is left."""
        rest, self._waiting = self._waiting, []
        if self._held and rest and _size(rest) * _SMALL < self.aim and _size(self._held) <= self.most:
            rest, self._held = [*self._held, *rest], []
        for each in (self._held, rest):
            if each:
                yield Packed(self.heading, each)
        self._held, self._size = [], 0

    def _hold(self, statements: list[Said]) -> Iterator[Packed]:
        if self._held:
            yield Packed(self.heading, self._held)
        self._held = statements

    def _place(self) -> int:
        """Return where to cut: at the last place between blocks, else between units, behind half of the aim."""
        size, best = 0, (0, len(self._waiting))
        for place in range(1, len(self._waiting)):
            before, after = self._waiting[place - 1], self._waiting[place]
            size += len(before.shown) + 1
            if 2 * size < self.aim:
                continue
            rank = (before.unit.block != after.unit.block) + (before.unit is not after.unit)
            if rank and rank >= best[0]:
                best = (rank, place)
        return best[1]


def _size(statements: Sequence[Said]) -> int:
    return sum(len(said.shown) + 1 for said in statements)


def outside(context: Sequence[ContextSpan], start: int) -> list[ContextSpan]:
    """Return what of the context stands before the passage that begins at `start` and is to be shown in it."""
    return [span for span in context if span.end <= start and span.kind != "header"]


def laid_out(packed: Packed, lines: Sequence[str]) -> tuple[str, Layout]:
    """Return the content of a passage, `lines` of context first, and its layout."""
    parts = [packed.heading] if packed.heading else []
    parts += lines
    content = "\n".join(parts)
    place = len(content)
    pieces = [content]
    spans: dict[ContextSpan, int] = {}
    statements = []
    for number, said in enumerate(packed.statements):
        gap = between(packed.statements[number - 1], said) if number else ("\n" if content else "")
        begin = place + len(gap)
        place = begin + len(said.shown)
        pieces += [gap, said.shown]
        context = tuple(spans.setdefault(span, len(spans)) for span in said.unit.context)
        statements.append(Statement(said.kind, said.start, said.end, begin, place, context, said.cells))
    return "".join(pieces), Layout(tuple(statements), tuple(spans))
