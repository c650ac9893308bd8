"""The format `text`: texts to learn as they stand."""

from __future__ import annotations

from store.examples import TextContent
from tuner.data.formats.format import ReadExample, Row, Text, read_row, simple
from tuner.data.record import Record


class TextRow(Row):
    """A text."""

    text: Text


def read(record: Record) -> ReadExample:
    """Return the example of a record."""
    row = read_row(TextRow, record)
    return row.example(record.place, TextContent(text=row.text))


TEXT = simple(
    "text",
    kind="text",
    keys='{"text": "…"}',
    own=frozenset({"text"}),
    detects=lambda record: record.has("text"),
    read=read,
)
