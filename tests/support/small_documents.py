"""Hits of small documents, cut as ingestion cuts them, and readings that like some words."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from cutting import cut

from generator.choosing.words import Words
from retriever.index.lexical import content_stems
from retriever.models.span_reader import Reading
from retriever.search.search import Hit
from store.passages import Passage


def hits_of(text: str, title: str = "Handbook", document: str = "doc_1", score: float = 1.0) -> list[Hit]:
    """Return the passages of a Markdown document as hits, in the order of the document."""
    return [
        Hit(
            Passage(
                f"psg_{document}_{number}", document, f"{title}.md", title, 1, each.start, each.end, None,
                each.heading, each.text, number, each.content, each.layout,
            ),
            score,
            {"dense": None, "lexical": 1, "rerank": None},
            None,
            [],
        )
        for number, each in enumerate(cut(text, title=title))
    ]  # fmt: skip


def reading_of(passage: str, likely: Mapping[str, float] | None = None, other: float = -10.0) -> Reading:
    """Return a reading in which each word is a token: the answer that a word is has the score that is given."""
    words = list(re.finditer(r"[^\W_]+|\S", passage))
    offsets = np.array([word.span() for word in words], np.int64).reshape(-1, 2)
    logits = np.array([(likely or {}).get(word[0], other) / 2 for word in words], np.float32)
    return Reading(offsets, logits, logits.copy(), 0.0)


def words_of(question: str) -> Words:
    """Return the words of a question that mean something, each as rare as the other."""
    return Words(dict.fromkeys(content_stems(question), 1.0))
