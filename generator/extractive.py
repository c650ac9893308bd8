"""Answers without a language model: the sentence of the retrieved passages that answers best, quoted and cited."""

from __future__ import annotations

import numpy as np

from generator.answer import Draft, Task
from generator.sentences import split_sentences
from retriever.encoder import Encoder
from retriever.fusion import UNREADABLE
from retriever.lexical import stems
from store.errors import ConflictError

_COSINE_WEIGHT = 0.5
_RANK_PENALTY = 0.05  # per rank of the sentence's passage: a tie goes to the better passage


class ExtractiveGenerator:
    """Quotes. It has no knowledge of its own, so it cannot answer without passages."""

    name = "extractive"

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def write(self, task: Task) -> Draft:
        """Return the best sentence with its marker, or the abstention if no passage has a sentence."""
        if task.hits is None:
            raise ConflictError(
                "The extractive generator answers from passages only.", code="arm_unavailable", param="arm"
            )
        sentences = [
            (number, sentence.text)
            for number, hit in enumerate(task.hits, start=1)
            for sentence in split_sentences(hit.passage.text)
        ]
        if not sentences:
            return Draft(task.prompt.abstention(task.question, with_passages=True))
        scores = self._scores(task, [text for _, text in sentences])
        scores -= _RANK_PENALTY * np.array([number - 1 for number, _ in sentences], dtype=np.float32)
        number, text = sentences[int(np.argmax(scores))]
        return Draft(f"{text} [{number}]")

    def _scores(self, task: Task, sentences: list[str]) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        """Return coverage of the question's words, weighted by rarity, and cosine where the encoder understands."""
        total = sum(task.term_weights.values()) or 1.0
        coverage = [
            sum(task.term_weights.get(term, 0.0) for term in set(stems(sentence))) / total for sentence in sentences
        ]
        scores = np.array(coverage, dtype=np.float32)
        if self._encoder.unknown_share(task.question) <= UNREADABLE:
            question = self._encoder.encode_queries([task.question])[0]
            scores += _COSINE_WEIGHT * (self._encoder.encode_passages(sentences) @ question)
        return scores
