"""Running arms over questions. An arm is any callable from a question to an answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from eval.metrics.answers import answer_f1, answer_recall, citation_precision, exact_match, retrieval_hit
from generator.answer import Answer
from generator.arms import SERVED
from retriever.text.language import language_of
from store.datasets import Example
from store.errors import InvalidInputError

METRICS = ("f1", "em", "recall", "abstention", "citation_precision", "retrieval_hit")


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
        content = example.content
        if "question" not in content or "answers" not in content:
            raise InvalidInputError(f"The example {example.key} is not a question with answers.", param="dataset")
        language = content.get("language") or language_of(content["question"])
        return cls(example.key, content["question"], content["answers"], sorted(example.documents), language)


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


@dataclass(frozen=True)
class Record:
    """What one arm answered to one question, with its scores.

    `documents` are the ids of those whose text may stand in it: gold, shown to the generator, or cited. When one of
    them is deleted, the store takes question, gold and answer out of the record.
    """

    key: str
    arm: str
    language: str
    cluster: str
    question: str
    gold: list[str]
    answer: str
    abstained: bool
    cited: list[str]
    documents: list[str]
    scores: dict[str, float | None]
    ms: float
    prompt_tokens: int
    completion_tokens: int

    def as_json(self) -> dict[str, Any]:
        """Return the record as plain data."""
        return asdict(self)


def run_arm(
    name: str, questions: Sequence[EvalQuestion], answer: Callable[[str], Answer], done: Callable[[], None]
) -> list[Record]:
    """Return one record for each question, in order; `done` is called after each."""
    records = []
    for question in questions:
        begun = time.perf_counter()
        given = answer(question.question)
        spent = (time.perf_counter() - begun) * 1000
        records.append(
            Record(
                key=question.key,
                arm=name,
                language=question.language,
                cluster=question.cluster,
                question=question.question,
                gold=question.answers,
                answer=given.answer,
                abstained=given.abstained,
                cited=[citation.document_id for citation in given.citations],
                documents=_documents(question, given),
                scores=score(question, given),
                ms=round(spent, 2),
                prompt_tokens=given.prompt_tokens,
                completion_tokens=given.completion_tokens,
            )
        )
        done()
    return records


def _documents(question: EvalQuestion, given: Answer) -> list[str]:
    shown = {document for hit in given.hits for document in (hit.passage.document_id, *hit.also_in)}
    return sorted({*question.documents, *shown, *(citation.document_id for citation in given.citations)})


def score(question: EvalQuestion, given: Answer) -> dict[str, float | None]:
    """Return the scores of an answer.

    To a question without gold answers only abstaining is right: F1, exact match and recall are then 1 or 0. An answer
    that abstains from an answerable question scores 0. `abstention` is 1 if abstaining or answering was the right one.
    """
    right_choice = float(given.abstained == (not question.answers))
    scores: dict[str, float | None] = {"f1": right_choice, "em": right_choice, "recall": right_choice}
    if question.answers:
        text = "" if given.abstained else given.answer
        arguments = (text, question.answers, question.language)
        scores = {"f1": answer_f1(*arguments), "em": exact_match(*arguments), "recall": answer_recall(*arguments)}
    cited = [citation.document_id for citation in given.citations]
    found = [document for hit in given.hits for document in (hit.passage.document_id, *hit.also_in)]
    hit = retrieval_hit(found, question.documents) if SERVED[given.arm].passages else None
    return {
        **scores,
        "abstention": right_choice,
        "citation_precision": citation_precision(cited, question.documents),
        "retrieval_hit": hit,
    }
