"""The questions of an evaluation: gold answers, gold documents, and which of them hang together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from retriever.text.language import language_of
from store.datasets import Example
from store.examples import question_of


@dataclass(frozen=True)
class EvalQuestion:
    """A question with its gold answers (none: it should be abstained from) and gold documents by id.

    `group` names the questions that are resampled as one, once `grouped` has found them.
    """

    key: str
    question: str
    answers: list[str]
    documents: list[str]
    language: str
    group: str = ""

    @property
    def cluster(self) -> str:
        """What is resampled as one: its group, else the first gold document, or the question itself."""
        return self.group or (self.documents[0] if self.documents else self.key)

    @classmethod
    def from_example(cls, example: Example) -> EvalQuestion:
        """Return the question of an example of kind `qa`."""
        content = question_of(example.key, example.content)
        language = content.language or language_of(content.question)
        return cls(example.key, content.question, content.answers, sorted(example.documents), language)


def grouped(questions: Sequence[EvalQuestion], numbers: Sequence[int]) -> list[EvalQuestion]:
    """Return the questions with their groups: those that share a document or a number, directly or through others.

    `numbers` are equal for questions of equal words. A question without documents whose words no other has is a group
    of its own.
    """
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    marks = [
        [*(f"doc {each}" for each in question.documents), f"words {number}"]
        for question, number in zip(questions, numbers, strict=True)
    ]
    for mine in marks:
        for mark in mine:
            parent[root(mark)] = root(mine[0])
    names: dict[str, str] = {}
    for question, mine in zip(questions, marks, strict=True):
        names.setdefault(root(mine[0]), question.cluster)
    return [replace(question, group=names[root(mine[0])]) for question, mine in zip(questions, marks, strict=True)]


def count_questions(questions: Sequence[EvalQuestion]) -> dict[str, int]:
    """Return how many questions there are, how many have an answer, and how many documents and groups these are about.

    `unanchored` are answerable questions that name no document.
    """
    answerable = [question for question in questions if question.answers]
    return {
        "questions": len(questions),
        "answerable": len(answerable),
        "unanchored": sum(not question.documents for question in answerable),
        "documents": len({document for question in answerable for document in question.documents}),
        "groups": len({question.cluster for question in answerable if question.documents}),
    }
