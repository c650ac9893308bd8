"""Where the gold answer of a question stands: in which documents, and in which of the passages found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from eval.metrics.normalise import normal_tokens
from eval.metrics.recall import answer_recall
from eval.questions import EvalQuestion
from retriever.search.search import Hit

_LONG = 8  # tokens of an answer from which on its words may stand in another order, or some be missing
_MOST_OF = 0.8  # of the words of a long answer
_SOME_OF = 0.5  # of the words of any: below it a text does not hold what the answer says
_CHOICES = frozenset({"yes", "no", "true", "false", "是", "否", "不是", "有", "没有", "能", "不能", "可以", "不可以"})


def holds(text: str, answers: Sequence[str], language: str) -> bool:
    """Return whether a text holds one of the answers: as one run of words, or most words of a long one."""
    if answer_recall(text, answers, language):
        return True
    return any(
        len(normal_tokens(answer, language)) >= _LONG and coverage(text, answer, language) >= _MOST_OF
        for answer in answers
    )


def coverage(text: str, answer: str, language: str) -> float:
    """Return the share of the words of an answer that a text has, each as often as the answer has it."""
    wanted = Counter(normal_tokens(answer, language))
    have = Counter(normal_tokens(text, language))
    return sum((wanted & have).values()) / max(1, sum(wanted.values()))


def is_literal(question: EvalQuestion) -> bool:
    """Return whether the answer should stand in a text as it is: no yes or no, and no number, which may be computed."""
    return not any(
        answer.strip().lower().rstrip(".!。！") in _CHOICES or not any(letter.isalpha() for letter in answer)
        for answer in question.answers
    )


def stands_in(texts: Iterable[str], question: EvalQuestion) -> bool:
    """Return whether some text may be where the answer is from: it has half of its words, or the answer is none."""
    if not is_literal(question):
        return True
    return any(coverage(text, answer, question.language) >= _SOME_OF for text in texts for answer in question.answers)


def gold_hits(hits: Sequence[Hit], question: EvalQuestion, literally: bool) -> list[Hit]:
    """Return those hits that answer a question: of a gold document if it names one, with the answer if `literally`."""
    return [
        hit
        for hit in hits
        if (not question.documents or {hit.passage.document_id, *hit.also_in} & set(question.documents))
        and (not literally or holds(hit.passage.content, question.answers, question.language))
    ]


def contradicted(questions: Sequence[EvalQuestion], numbers: Sequence[int]) -> set[str]:
    """Return the keys of questions that another one repeats with other answers; `numbers` are equal for equal words.

    Two of the same words about different documents may both be right.
    """
    known: dict[tuple[int, tuple[str, ...]], list[EvalQuestion]] = {}
    for question, number in zip(questions, numbers, strict=True):
        known.setdefault((number, tuple(question.documents)), []).append(question)
    found: set[str] = set()
    for alike in known.values():
        for one in alike:
            mine = _normal(one)
            found |= {one.key for other in alike if other is not one and not mine & _normal(other)}
    return found


def _normal(question: EvalQuestion) -> set[tuple[str, ...]]:
    return {tuple(normal_tokens(answer, question.language)) for answer in question.answers} or {()}
