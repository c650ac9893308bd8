"""Search hits, answers and citations."""

from __future__ import annotations

from dataclasses import asdict
from typing import Literal

from pydantic import BaseModel

from generator.answer import Answer, Citation
from retriever.search.search import Hit
from service.actions.questions import Found
from store.json_values import Json
from store.layout import ContextKind, Source


class HitObject(BaseModel):
    """A passage that was found. Ranks begin at 1; equal texts of other documents are in `also_in`."""

    passage_id: str
    document_id: str
    external_id: str
    title: str
    version: int
    start: int
    end: int
    page: int | None
    heading: str
    text: str
    score: float
    ranks: dict[str, int | None]
    also_in: list[str]

    @classmethod
    def of(cls, hit: Hit) -> HitObject:
        """Return the object of a record."""
        passage = hit.passage
        return cls(
            passage_id=passage.id,
            document_id=passage.document_id,
            external_id=passage.external_id,
            title=passage.title,
            version=passage.version,
            start=passage.start,
            end=passage.end,
            page=passage.page,
            heading=passage.heading,
            text=passage.text,
            score=hit.score,
            ranks=hit.ranks,
            also_in=hit.also_in,
        )


class SearchObject(BaseModel):
    """The answer to a search."""

    object: Literal["list"] = "list"
    data: list[HitObject]
    index_seq: int
    release: str
    mode: str

    @classmethod
    def of(cls, found: Found) -> SearchObject:
        """Return the object of a record."""
        hits = [HitObject.of(hit) for hit in found.result.hits]
        return cls(data=hits, index_seq=found.result.index_seq, release=found.release, mode=found.mode)


class ContextObject(BaseModel):
    """What a quote needs to be understood: `quote` is `[start, end)` of the text of the same version.

    The line before a list or above a step is a `lead_in`, the row of column names a `header`, a caption or the head of
    a message a `title`, the question of an answer a `question`, what a numbered part completes a `clause`.
    """

    kind: ContextKind
    start: int
    end: int
    quote: str


class BoxObject(BaseModel):
    """A rectangle on a page, in points of 1/72 inch from its upper left corner."""

    page: int
    left: int
    top: int
    right: int
    bottom: int


class CitationObject(BaseModel):
    """A checked citation: `quote` is `[start, end)` of the text of that version; `context` is what it needs.

    With `source` "ocr" the words were recognised in a picture, which can go wrong: look at the page. `boxes` are where
    the passage stands on its pages, if the format has such places.
    """

    marker: str
    document_id: str
    external_id: str
    title: str
    version: int
    passage_id: str
    start: int
    end: int
    page: int | None
    quote: str
    score: float
    context: list[ContextObject]
    source: Source
    boxes: list[BoxObject]

    @classmethod
    def of(cls, citation: Citation) -> CitationObject:
        """Return the object of a record, which has the same fields."""
        return cls(**asdict(citation))


class UsageObject(BaseModel):
    """Tokens of the language model; 0 where none was used."""

    prompt_tokens: int
    completion_tokens: int


class FallbackObject(BaseModel):
    """Why another generator than the release's answered."""

    reason: str


class UnsupportedObject(BaseModel):
    """A sentence that no passage says, with why: `text` is characters `[start, end)` of the answer."""

    start: int
    end: int
    text: str
    reason: str


class AnswerObject(BaseModel):
    """An answer and what it rests on; `fallback` where another generator than the release's had to answer.

    `unsupported` are the sentences of a written answer that no passage says.
    """

    id: str
    object: Literal["answer"] = "answer"
    answer: str
    abstained: bool
    evidence: float | None
    citations: list[CitationObject]
    unsupported: list[UnsupportedObject]
    passages: list[HitObject]
    domain: str
    arm: str
    release: str
    index_seq: int
    generator: str
    adapter: str | None
    fallback: FallbackObject | None = None
    usage: UsageObject
    timings_ms: dict[str, float]
    explain: dict[str, Json] | None = None

    @classmethod
    def of(cls, answer: Answer, query_id: str, domain: str, explain: bool) -> AnswerObject:
        """Return the object of a record."""
        return cls(
            id=query_id,
            answer=answer.answer,
            abstained=answer.abstained,
            evidence=answer.evidence,
            citations=[CitationObject.of(citation) for citation in answer.citations],
            unsupported=[UnsupportedObject(**asdict(sentence)) for sentence in answer.unsupported],
            passages=[HitObject.of(hit) for hit in answer.hits],
            domain=domain,
            arm=answer.arm,
            release=answer.release,
            index_seq=answer.index_seq,
            generator=answer.generator,
            adapter=answer.adapter,
            fallback=FallbackObject(reason=answer.fallback) if answer.fallback else None,
            timings_ms=answer.timings_ms,
            usage=UsageObject(prompt_tokens=answer.prompt_tokens, completion_tokens=answer.completion_tokens),
            explain=answer.explain if explain else None,
        )
