"""Answers without a language model: the sentences of the retrieved passages that hold the answer, quoted and cited.

The reader points at a span in each passage; the sentence around the best span is the answer, and the span is marked in
it. Where several sentences look alike to the reader, the words of the question and the rank of the passage decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generator.answer import Draft, Task
from generator.sentences import Sentence, split_sentences
from retriever.lexical import stems
from retriever.reader import Reading, Span
from store.errors import ConflictError

# Logits for a sentence that holds all words of the question, and per rank of its passage; chosen on the dev parts.
_COVERAGE_WEIGHT = 6.0
_RANK_PENALTY = 2.0


@dataclass(frozen=True)
class _Candidate:
    """A sentence of a passage with the span that the reader likes best in it."""

    passage: int
    sentence: Sentence
    span: Span
    score: float


class ExtractiveGenerator:
    """Quotes. It has no knowledge of its own, so it cannot answer without passages."""

    name = "extractive"

    def write(self, task: Task) -> Draft:
        """Return the best sentence with its marker, or the abstention if no passage has a sentence."""
        if task.hits is None:
            raise ConflictError(
                "The extractive generator answers from passages only.", code="arm_unavailable", param="arm"
            )
        found = candidates([hit.passage.text for hit in task.hits], task.readings, task.term_weights)
        if not found:
            return Draft(task.prompt.abstention(task.question, with_passages=True))
        best = max(found, key=lambda candidate: candidate.score)
        text = task.hits[best.passage].passage.text
        return Draft(f"{best.sentence.text} [{best.passage + 1}]", span=text[best.span.start : best.span.end])


def candidates(
    passages: Sequence[str], readings: Sequence[Reading], term_weights: dict[str, float]
) -> list[_Candidate]:
    """Return every sentence of the passages, in order, that the reader saw, with its score in logits."""
    total = sum(term_weights.values()) or 1.0
    found = []
    for number, (passage, reading) in enumerate(zip(passages, readings, strict=True)):
        for sentence in split_sentences(passage):
            span = reading.best(sentence.start, sentence.end)
            if span is not None:
                held = sum(term_weights.get(term, 0.0) for term in set(stems(sentence.text))) / total
                score = span.score + _COVERAGE_WEIGHT * held - _RANK_PENALTY * number
                found.append(_Candidate(number, sentence, span, score))
    return found
