"""The format `ms_swift`: a conversation with conversations that belong to it and others that do not."""

from __future__ import annotations

from store.examples import TripletContent
from store.refusals import kind_of
from tuner.data.formats.format import FormatError, ReadExample, Row, read_row, simple
from tuner.data.formats.messages import read_messages
from tuner.data.record import Record


def read(record: Record) -> ReadExample:
    """Return the example of a record."""
    row = read_row(Row, record)
    query = _text(record, "messages", record.get("messages"))
    positives, negatives = _texts(record, "positive_messages"), _texts(record, "negative_messages")
    if not positives:
        raise FormatError(record.place, "positive_messages is empty")
    return row.example(record.place, TripletContent(query=query, positives=positives, negatives=negatives))


def _texts(record: Record, name: str) -> list[str]:
    given = record.get(name)
    if given in (None, ""):
        return []
    if not isinstance(given, list):
        raise FormatError(record.place, f"{name} must be a list, not {kind_of(given)}")
    return [_text(record, f"{name}.{number}", each) for number, each in enumerate(given)]


def _text(record: Record, name: str, given: object) -> str:
    """Return the text of a conversation: that of its last message."""
    messages = read_messages(given if isinstance(given, list) else None, name, record.place)
    text = messages[-1].content if messages else ""
    if not text.strip():
        raise FormatError(record.place, f"{name} is empty")
    return text


MS_SWIFT = simple(
    "ms_swift",
    kind="triplets",
    keys='{"messages": […], "positive_messages": [[…]], "negative_messages": [[…]]}',
    own=frozenset({"messages", "positive_messages", "negative_messages"}),
    detects=lambda record: record.has("messages", "positive_messages"),
    read=read,
)
