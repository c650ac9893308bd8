"""Running arms over questions. An arm is any callable from a question to an answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from pydantic import BaseModel, ConfigDict, Field

from eval.metrics.answered import Answered
from eval.metrics.table import scores_of
from eval.questions import EvalQuestion
from generator.answer import Answer


class Record(BaseModel):
    """What one arm answered to one question, with its scores.

    `documents` are the ids of those whose text may stand in it: gold, shown to the generator, or cited. When one of
    them is deleted, the store takes question, gold and answer out of the record. `cause` names why the answer is wrong,
    where that was looked for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    arm: str
    language: str
    cluster: str
    question: str
    gold: list[str]
    answer: str
    abstained: bool
    cited: list[str]
    documents: list[str] = Field(default_factory=list)
    scores: dict[str, float | None]
    ms: float
    prompt_tokens: int
    completion_tokens: int
    cause: str | None = None
    blanked: bool = False


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
                scores=scores_of(Answered(question, given)),
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
