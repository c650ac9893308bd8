"""Histories of documents that several clients write and read at once, and what in them no sound store can answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Write:
    """A state of a document, in the order of its one writer from 1 on; `shown` is False of a deletion."""

    document: str
    state: int
    begun: int
    acknowledged: int
    shown: bool = True


@dataclass(frozen=True)
class Read:
    """The states of a document that one look showed: none while it is deleted, more than one never."""

    document: str
    by: str
    states: tuple[int, ...]
    begun: int
    ended: int


def anomalies(writes: Iterable[Write], reads: Iterable[Read]) -> list[str]:
    """Return a sentence for every read that is older than what was acknowledged before it began, or seen before it.

    Each document is a register with one writer; before its first write it is not there. A read may show any state from
    the newest acknowledged before the read began to the newest begun before it ended. Two reads of one kind, one after
    the other, never go back.
    """
    of: dict[str, list[Write]] = defaultdict(lambda: [Write("", 0, 0, 0, shown=False)])
    for write in sorted(writes, key=lambda each: each.state):
        of[write.document].append(write)
    seen: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)  # when a read ended, and what it showed
    found = []
    for read in sorted(reads, key=lambda each: each.begun):
        known, before = of[read.document], seen[read.document, read.by]
        oldest = max(each.state for each in known if each.acknowledged < read.begun or each.state == 0)
        newest = max(each.state for each in known if each.begun < read.ended or each.state == 0)
        oldest = max([oldest, *(state for ended, state in before if ended < read.begun)])
        possible = known[oldest : newest + 1]
        if len(read.states) > 1:
            found.append(f"{read.document}: {read.by} showed the states {read.states} at once")
        elif not read.states and all(each.shown for each in possible):
            found.append(f"{read.document}: {read.by} showed nothing, possible were {oldest} to {newest}")
        elif read.states and not any(each.shown and each.state == read.states[0] for each in possible):
            found.append(f"{read.document}: {read.by} showed {read.states[0]}, possible were {oldest} to {newest}")
        if len(read.states) == 1:
            before.append((read.ended, read.states[0]))
    return found
