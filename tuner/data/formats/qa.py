"""The format `qa`: questions with answers, and the documents that they are about."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AliasChoices, BeforeValidator, Field

from store.examples import QuestionContent
from tuner.data.formats.format import SOLID, NamedSpan, ReadExample, Row, Texts, absent, read_row, simple
from tuner.data.record import Record


class SpanRow(Row):
    """Where an answer stands: characters `[start, end)` of the text of a document, which its external id names."""

    document: str
    start: int = Field(ge=0)
    end: int = Field(ge=0)


class QuestionRow(Row):
    """A question. No answers means that the documents do not say; `documents` are external ids."""

    question: str = Field(pattern=SOLID, max_length=4000)
    answers: Texts = Field(max_length=20, validation_alias=AliasChoices("answers", "answer"))
    language: Annotated[Literal["en", "zh"] | None, BeforeValidator(absent)] = None
    spans: list[SpanRow] = Field(default_factory=list, max_length=100)


def read(record: Record) -> ReadExample:
    """Return the example of a record."""
    row = read_row(QuestionRow, record)
    content = QuestionContent(question=row.question, answers=row.answers, language=row.language)
    spans = tuple(NamedSpan(each.document, each.start, each.end) for each in row.spans)
    documents = tuple(dict.fromkeys([*row.documents, *(each.document for each in spans)]))
    return ReadExample(record.place, row.id, content, documents, row.split, spans=spans)


QA = simple(
    "qa",
    kind="qa",
    keys='{"question": "…", "answers": ["…"], "documents": ["fares.md"]}',
    own=frozenset({"question", "answers", "answer", "language", "spans"}),
    detects=lambda record: record.has("question"),
    read=read,
)
