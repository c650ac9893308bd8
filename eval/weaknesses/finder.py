"""The cause of each wrong answer: the first in the order of `eval.weaknesses.causes` that applies."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from eval.metrics.answered import Answered
from eval.metrics.table import scores_of
from eval.questions import EvalQuestion
from eval.runner import Record
from eval.weaknesses.asking import Asking
from eval.weaknesses.causes import (
    ANSWERED_ANYWAY,
    DISTRACTED,
    DIVIDED,
    GOLD_DOUBTFUL,
    MISREAD,
    NOT_FOUND,
    RANKED_LOW,
    WITHHELD,
    Cause,
)
from eval.weaknesses.gold import contradicted, gold_hits, holds, is_literal, stands_in
from generator.answer import Answer

POOL = 100  # hits among which the answer may stand at all
_NEAR = 0.5  # F1 from which on an answer counts as right, where no gold answer stands in it word by word


def is_right(record: Record) -> bool:
    """Return whether an answer counts as right: a gold answer stands in it, or it shares most words with one.

    Where there is no gold answer, abstaining is right.
    """
    return _right(record.scores)


def _right(scores: dict[str, float | None]) -> bool:
    return (scores["recall"] or 0.0) >= 1.0 or (scores["f1"] or 0.0) >= _NEAR


def looked_into(records: Sequence[Record], limit: int) -> list[Record]:
    """Return the wrong ones among the records, evenly spaced where there are more than `limit`."""
    wrong = [record for record in records if not is_right(record)]
    step = max(1.0, len(wrong) / limit) if limit else 0.0
    return [wrong[int(number * step)] for number in range(min(limit, len(wrong)))]


def find_causes(
    asking: Asking,
    questions: Sequence[EvalQuestion],
    numbers: Sequence[int],
    records: Sequence[Record],
    done: Callable[[], None],
) -> dict[str, str]:
    """Return the name of the cause of each of these records, by key; `done` is called after each.

    `questions` are all that were asked, and `numbers` are equal for those of equal words.
    """
    asked = {question.key: question for question in questions}
    against = contradicted(questions, numbers)
    causes = {}
    for record in records:
        question = asked[record.key]
        cause = GOLD_DOUBTFUL if record.key in against else _cause(asking, question, record)
        causes[record.key] = cause.name
        done()
    return causes


def _cause(asking: Asking, question: EvalQuestion, record: Record) -> Cause:
    if not question.answers:
        return ANSWERED_ANYWAY
    texts = _texts(asking, question)
    if not texts or not stands_in(texts, question):
        return GOLD_DOUBTFUL
    # A computed answer, or one in other words, stands nowhere: then any passage of its documents will do.
    literally = not question.documents or any(holds(text, question.answers, question.language) for text in texts)
    pool = asking.search(question.question, POOL)
    gold = gold_hits(pool.hits, question, literally)
    if not gold:
        return NOT_FOUND if _is_whole(asking, question, literally) else DIVIDED
    if not any(hit in pool.hits[: asking.shown] for hit in gold):
        return RANKED_LOW
    if record.abstained and _answers(question, asking.answer(question.question, pool, pool.hits[: asking.shown])):
        return WITHHELD
    alone = asking.answer(question.question, pool, gold[: asking.shown])
    return DISTRACTED if _answers(question, alone) else MISREAD


def _texts(asking: Asking, question: EvalQuestion) -> list[str]:
    """Return the texts that may hold the answer: of the gold documents, or else what a search for the answer finds."""
    if question.documents:
        return asking.texts(question.documents)
    if not is_literal(question):
        return [""]
    found = [asking.search(answer, POOL) for answer in question.answers if answer.strip()]
    return [hit.passage.content for result in found for hit in result.hits]


def _is_whole(asking: Asking, question: EvalQuestion, literally: bool) -> bool:
    """Return whether some passage of the gold documents holds the whole answer."""
    if not (literally and question.documents):
        return True
    found = asking.search(f"{question.question} {' '.join(question.answers)}", POOL, question.documents)
    return bool(gold_hits(found.hits, question, literally))


def _answers(question: EvalQuestion, given: Answer) -> bool:
    return _right(scores_of(Answered(question, given)))
