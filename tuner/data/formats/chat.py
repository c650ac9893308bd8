"""The format `chat`: conversations as OpenAI's fine-tuning and TRL have them."""

from __future__ import annotations

from store.examples import ChatContent
from tuner.data.formats.format import ReadExample, Row, read_row, simple
from tuner.data.formats.messages import check_chat, read_messages
from tuner.data.record import Record


def read(record: Record) -> ReadExample:
    """Return the example of a record."""
    row = read_row(Row, record)
    messages = read_messages(record.get("messages"), "messages", record.place)
    check_chat(messages, "messages", record.place)
    return row.example(record.place, ChatContent(messages=messages))


CHAT = simple(
    "chat",
    kind="chat",
    keys='{"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}',
    own=frozenset({"messages"}),
    detects=lambda record: record.has("messages"),
    read=read,
)
