"""Answers without a language model: the sentences of the retrieved passages that hold the answer, quoted and cited.

The reader points at a span in each passage; the sentence around the best span is the answer, and the span is marked in
it. Where several sentences look alike to the reader, the words of the question, the rank of the passage and, among the
best three, the cosine of sentence and question decide: the more, the fewer words of the question they hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from generator.answer import Ending, Piece, Quote, Task
from retriever.index.lexical import stems
from retriever.models.encoder import Encoder
from retriever.models.span_reader import Reading, Span
from retriever.text.analysis import CJK
from retriever.text.sentences import Sentence, split_sentences
from store.errors import ConflictError

# Logits for a sentence that holds all words of the question, and per rank of its passage; chosen on the dev parts.
_COVERAGE_WEIGHT = 6.0
_RANK_PENALTY = 2.0
_COSINE_WEIGHT = 20.0  # logits for a cosine of 1 where no word of the question is found
_COMPARED = 3  # sentences whose cosine is looked at: encoding takes time
_NEARLY = 2.0  # logits by which a second sentence may be behind and is quoted, too
_LONGEST = 60  # words of two sentences
_WORD = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")


@dataclass(frozen=True)
class _Candidate:
    """A sentence of a passage with the span that the reader likes best in it."""

    passage: int
    sentence: Sentence
    span: Span
    coverage: float
    score: float


class ExtractiveGenerator:
    """Quotes. It has no knowledge of its own, so it cannot answer without passages."""

    name = "extractive"

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def write(self, task: Task) -> Iterator[Piece]:
        """Yield the best sentences with their markers, or the abstention if no passage has a sentence."""
        if task.hits is None:
            raise ConflictError(
                "The extractive generator answers from passages only.", code="arm_unavailable", param="arm"
            )
        found = candidates([hit.passage.text for hit in task.hits], task.readings, task.term_weights)
        if not found:
            yield Piece(task.prompt.abstention(task.question, with_passages=True), Ending())
            return
        legible = any(hit.cosine is not None for hit in task.hits)
        quoted = best_sentences(self._compared(task.searched_for or task.question, found) if legible else found)
        text = task.hits[quoted[0].passage].passage.text
        for number, each in enumerate(quoted):
            yield Piece(f"{' ' if number else ''}{each.sentence.text} [{each.passage + 1}]")
        quotes = [Quote(each.passage, each.sentence.start, each.sentence.end) for each in quoted]
        yield Piece("", Ending(span=text[quoted[0].span.start : quoted[0].span.end], quotes=quotes))

    def _compared(self, question: str, found: Sequence[_Candidate]) -> list[_Candidate]:
        """Return the best candidates, with what their cosine to the question adds to their scores."""
        best = sorted(found, key=lambda candidate: -candidate.score)[:_COMPARED]
        weight = _COSINE_WEIGHT * (1.0 - max(candidate.coverage for candidate in best))
        if len(best) == 1 or weight <= 0:
            return best
        sentences = self._encoder.encode_passages([candidate.sentence.text for candidate in best])
        cosines = sentences @ self._encoder.encode_queries([question])[0]
        return [
            replace(candidate, score=candidate.score + weight * float(cosine))
            for candidate, cosine in zip(best, cosines, strict=True)
        ]


def best_sentences(found: Sequence[_Candidate]) -> list[_Candidate]:
    """Return the best sentence, and with it the second best if it is nearly as good and both are short.

    Nearly as good: at most 2 logits behind, with at least half of the best one's words of the question.
    """
    first, *rest = sorted(found, key=lambda candidate: -candidate.score)
    second = next((other for other in rest if other.sentence.text != first.sentence.text), None)
    if second is None or first.score - second.score > _NEARLY or second.coverage < first.coverage / 2:
        return [first]
    together = word_count(first.sentence.text) + word_count(second.sentence.text)
    return [first, second] if together <= _LONGEST else [first]


def word_count(text: str) -> int:
    """Return the length of a text in words, a CJK character counted as one."""
    return len(_WORD.findall(text))


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
                found.append(_Candidate(number, sentence, span, held, score))
    return found
