"""The format `ragchecker`: the results of an evaluation; what another system answered and retrieved is left out."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from store.examples import QuestionContent
from tuner.data.formats.format import SOLID, ReadExample, Row, as_text, read_row, simple
from tuner.data.record import Record


class ResultRow(Row):
    """A query with its gold answer."""

    query_id: Annotated[str | None, BeforeValidator(as_text)] = Field(None, max_length=200)
    query: str = Field(pattern=SOLID, max_length=4000)
    gt_answer: str = Field(pattern=SOLID)


def read(record: Record) -> ReadExample:
    """Return the example of a record."""
    row = read_row(ResultRow, record)
    content = QuestionContent(question=row.query, answers=[row.gt_answer])
    return ReadExample(record.place, row.query_id or row.id, content, tuple(row.documents), row.split)


RAGCHECKER = simple(
    "ragchecker",
    kind="qa",
    keys='{"results": [{"query_id": "…", "query": "…", "gt_answer": "…"}]}',
    own=frozenset({"query_id", "query", "gt_answer"}),
    detects=lambda record: record.has("query", "gt_answer"),
    read=read,
)
