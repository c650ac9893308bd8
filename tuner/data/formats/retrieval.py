"""The format `retrieval`: queries with the texts that are relevant to them; folders of BEIR become such records."""

from __future__ import annotations

from pydantic import Field

from store.examples import Relevant, RetrievalContent
from tuner.data.formats.format import SOLID, Found, ReadExample, Row, read_row, simple
from tuner.data.record import Record


class RetrievalRow(Row):
    """A query with what is relevant to it."""

    query: str = Field(pattern=SOLID, max_length=20_000)
    relevant: list[Relevant] = Field(min_length=1, max_length=10_000)


def read(record: Record) -> ReadExample:
    """Return the example of a record."""
    row = read_row(RetrievalRow, record)
    sources = (Found(each.text or "", each.id) for each in row.relevant)
    return row.example(record.place, RetrievalContent(query=row.query, relevant=row.relevant), *sources)


RETRIEVAL = simple(
    "retrieval",
    kind="retrieval",
    keys='{"query": "…", "relevant": [{"id": "fares.md", "grade": 1, "text": "…"}]}; or a folder of BEIR',
    own=frozenset({"query", "relevant"}),
    detects=lambda record: record.has("query", "relevant"),
    read=read,
)
