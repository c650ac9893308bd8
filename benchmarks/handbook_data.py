"""Questions over documents as teams write them: a set in the form of `handbook`, or the field inputs.

A handbook is `documents/` and `questions.jsonl` with question, history, answers, must_not, documents, language and
category; a question without answers is one that no document answers. The field inputs are files side by side and
`questions.jsonl` with case, files, question, history, gold (null: abstain) and must_not; each group of files is a
domain of its own, and strings are compared as they are written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from benchmarks.sets import read_lines
from generator.citing.markers import MARKER
from generator.prompt import Message
from retriever.text.language import language_of

Verdict = Literal["right", "withheld", "wrong"]
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Case:
    """A question with what a right reply holds; with `exact` strings are compared as they are written."""

    id: str
    question: str
    answers: tuple[str, ...]
    must_not: tuple[str, ...]
    documents: tuple[str, ...]
    language: str
    category: str
    history: list[Message] = field(default_factory=list)
    exact: bool = False

    @property
    def answerable(self) -> bool:
        """Whether a document answers the question."""
        return bool(self.answers)

    @property
    def cluster(self) -> str:
        """What the bootstrap draws as one: the first gold document, or the question where there is none."""
        return self.documents[0] if self.documents else self.id

    def holders(self, documents: Mapping[str, bytes]) -> list[str]:
        """Return the gold documents in which an answer stands as it is written: none for one that is worked out."""
        return [name for name in self.documents if self.holds_answer(documents[name].decode(errors="replace"))]

    def holds_answer(self, text: str) -> bool:
        """Return whether a text holds one of the answers."""
        shown = self._folded(text)
        return any(answer in shown for answer in self.answers)

    def verdict(self, reply: str, abstained: bool) -> Verdict:
        """Return how the reply is judged: an abstention is right where no document answers, else withheld."""
        shown = self._folded(MARKER.sub("", reply))
        if any(bad in shown for bad in self.must_not) and not (abstained and self.answerable):
            return "wrong"
        if abstained:
            return "withheld" if self.answerable else "right"
        return "right" if self.holds_answer(shown) else "wrong"

    def _folded(self, text: str) -> str:
        return text if self.exact else folded(text)


@dataclass(frozen=True)
class Collection:
    """Documents that are searched together, by file name, and the questions asked of them."""

    name: str
    documents: dict[str, bytes]
    cases: list[Case]


def folded(text: str) -> str:
    """Return a text in lower case with runs of white space as one blank."""
    return _SPACE.sub(" ", text.lower()).strip()


def read_handbook(folder: Path) -> list[Collection]:
    """Return the one collection of a handbook."""
    documents = {path.name: path.read_bytes() for path in sorted((folder / "documents").iterdir()) if path.is_file()}
    cases = [_case(row) for row in read_lines(folder / "questions.jsonl")]
    return [Collection("handbook", documents, cases)]


def read_field(folder: Path) -> list[Collection]:
    """Return the collections of the field inputs, one for each group of files."""
    groups: dict[tuple[str, ...], list[Case]] = {}
    for number, row in enumerate(read_lines(folder / "questions.jsonl")):
        groups.setdefault(tuple(row["files"]), []).append(_field_case(number, row))
    return [
        Collection(f"field-{number}", {name: (folder / name).read_bytes() for name in files}, cases)
        for number, (files, cases) in enumerate(groups.items())
    ]


def _case(row: dict[str, Any]) -> Case:
    return Case(
        id=row["id"],
        question=row["question"],
        answers=tuple(row["answers"]),
        must_not=tuple(row["must_not"]),
        documents=tuple(row["documents"]),
        language=row["language"],
        category=row["category"],
        history=row["history"],
    )


def _field_case(number: int, row: dict[str, Any]) -> Case:
    return Case(
        id=f"{row['case']}-{number:02}",
        question=row["question"],
        answers=() if row["gold"] is None else (row["gold"],),
        must_not=tuple(row["must_not"]),
        documents=() if row["gold"] is None else tuple(row["files"]),
        language="zh" if language_of(row["question"]) == "zh" else "en",
        category=row["case"],
        history=row["history"],
        exact=True,
    )
