"""Checking citations: a marker stays only if its passage says what stands before it.

The check is lexical: most of the statement's words must occur in one sentence of the passage. It catches a wrong number
and an invented statement; it does not judge whether a paraphrase with the same words means the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from generator.answer import Citation
from generator.sentences import Sentence, split_sentences
from retriever.lexical import content_stems, stems
from retriever.search import Hit

MARKER = re.compile(r"\s*\[(\d{1,3})\]")
SUPPORT = 0.6  # share of a statement's words that one sentence of the passage must hold


def check_citations(text: str, hits: Sequence[Hit]) -> tuple[str, list[Citation]]:
    """Return the text without the markers that do not hold, and a citation for each that does, in order."""
    kept: list[Citation] = []
    parts: list[str] = []
    place = 0
    statement = ""
    for match in MARKER.finditer(text):
        before = text[place : match.start()]
        parts.append(before)
        statement = _last_statement(before) or statement  # "[1][2]": both cite the same statement
        citation = _support(statement, int(match[1]), hits)
        if citation is not None:
            parts.append(match[0])
            kept.append(citation)
        place = match.end()
    parts.append(text[place:])
    return "".join(parts).strip(), kept


def _last_statement(text: str) -> str:
    statements = [sentence.text for sentence in split_sentences(text) if stems(sentence.text)]
    return statements[-1] if statements else ""


def _support(statement: str, number: int, hits: Sequence[Hit]) -> Citation | None:
    claimed = set(content_stems(statement))  # "the" is in every sentence and supports nothing
    if not claimed or not 1 <= number <= len(hits):
        return None
    hit = hits[number - 1]
    best: tuple[float, Sentence] | None = None
    for sentence in split_sentences(hit.passage.text):
        share = len(claimed & set(stems(sentence.text))) / len(claimed)
        if best is None or share > best[0]:
            best = (share, sentence)
    if best is None or best[0] < SUPPORT:
        return None
    passage, (share, sentence) = hit.passage, best
    start = passage.start + sentence.start
    return Citation(
        marker=f"[{number}]",
        document_id=passage.document_id,
        external_id=passage.external_id,
        title=passage.title,
        version=passage.version,
        passage_id=passage.id,
        start=start,
        end=start + len(sentence.text),
        page=passage.page,
        quote=sentence.text,
        score=round(share, 4),
    )
