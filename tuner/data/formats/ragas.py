"""The format `ragas`: rows of an evaluation with Ragas; what another system answered and retrieved is left out."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from store.examples import QuestionContent
from tuner.data.formats.format import SOLID, Found, ReadExample, Row, Texts, absent, read_row, simple
from tuner.data.record import Record


class SampleRow(Row):
    """A question with its reference, and the texts that this stands in."""

    user_input: str = Field(pattern=SOLID, max_length=4000)
    reference: str = Field(pattern=SOLID)
    reference_contexts: Annotated[Texts | None, BeforeValidator(absent)] = None


def read(record: Record) -> ReadExample:
    """Return the example of a record."""
    row = read_row(SampleRow, record)
    content = QuestionContent(question=row.user_input, answers=[row.reference])
    return row.example(record.place, content, *(Found(text) for text in row.reference_contexts or []))


RAGAS = simple(
    "ragas",
    kind="qa",
    keys='{"user_input": "…", "reference": "…", "reference_contexts": ["…"]}',
    own=frozenset({"user_input", "reference", "reference_contexts"}),
    detects=lambda record: record.has("user_input"),
    read=read,
)
