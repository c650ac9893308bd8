"""RGB (Chen et al. 2024): questions that bring their own passages, and the cells that are made of them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.sets import read_lines

SHOWN = 5  # passages of a question
_NOISE = (0.0, 0.4, 0.8)
_FILES = (("noise", "en_fact"), ("noise", "zh_refine"), ("integration", "en_int"), ("integration", "zh_int"))
_FALSE = (("counterfactual", "en_fact"), ("counterfactual", "zh_fact"))


@dataclass(frozen=True)
class Case:
    """A question with the passages that are shown to it, in an order of their own.

    `parts` are the parts of the answer, each in every form in which it counts; none: the passages do not answer.
    `planted` is the false answer of the passages, if they hold one.
    """

    id: str
    cell: str
    language: str
    question: str
    passages: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...]
    planted: str | None = None

    def right(self, text: str) -> bool:
        """Return whether a text holds every part of the answer."""
        return bool(self.parts) and all(any(_in(form, text) for form in forms) for forms in self.parts)

    def misled(self, text: str) -> bool:
        """Return whether a text holds the planted answer."""
        return self.planted is not None and _in(self.planted, text)


def read_cases(folder: Path, limit: int) -> list[Case]:
    """Return at most `limit` cases of each cell and language, the same ones every time."""
    cells: dict[tuple[str, str], list[Case]] = {}
    for ability, name in (*_FILES, *_FALSE):
        path = folder / f"{name}.jsonl"
        for row in read_lines(path) if path.is_file() else ():
            for case in _cases(ability, name.partition("_")[0], row):
                cells.setdefault((case.cell, case.language), []).append(case)
    return [case for key in sorted(cells) for case in cells[key][:limit]]


def _cases(ability: str, language: str, row: dict[str, list[str]]) -> Iterator[Case]:
    chance = random.Random(str(row["id"]))
    parts = tuple(tuple(each) if isinstance(each, list) else (str(each),) for each in row["answers"])

    def case(cell: str, passages: Sequence[str], planted: str | None = None) -> Case:
        shown = tuple(chance.sample(list(passages), len(passages)))
        answer = () if cell == "rejection" else parts
        return Case(f"{row['id']}/{cell}", cell, language, str(row["question"]), shown, answer, planted)

    good, bad, false = (list(row.get(key) or ()) for key in ("positive", "negative", "positive_wrong"))
    if ability == "counterfactual":
        if false:
            yield case("counterfactual", false[:SHOWN], str(row["fake_answer"]))
        return
    for share in _NOISE:
        noise = round(share * SHOWN)
        if ability == "integration":
            good = _from_each(row["positive_groups"], SHOWN - noise)
        if (
            good
            and len(bad) >= noise
            and len(good) + noise >= SHOWN
            and (ability == "noise" or SHOWN - noise >= len(parts))
        ):
            yield case(f"{ability} {share:.0%}", [*good[: SHOWN - noise], *bad[:noise]])
    if ability == "noise" and len(bad) >= SHOWN:
        yield case("rejection", bad[:SHOWN])


def _from_each(groups: Sequence[Sequence[str]], count: int) -> list[str]:
    """Return so many passages, from each group in turn: every part of the answer is there."""
    longest = max(map(len, groups), default=0)
    return [group[place] for place in range(longest) for group in groups if place < len(group)][:count]


def _in(form: str, text: str) -> bool:
    one, other = ("".join(each.casefold().split()) for each in (form, text))
    return bool(one) and one in other
