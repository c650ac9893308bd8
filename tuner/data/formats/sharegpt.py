"""The format `sharegpt`: conversations whose turns say from whom they are."""

from __future__ import annotations

from store.examples import ChatContent, Message
from tuner.data.formats.format import FormatError, Optional, ReadExample, Row, read_row, simple
from tuner.data.formats.messages import check_chat, read_messages
from tuner.data.record import Record

NAMES = ("from", "value")


class ConversationRow(Row):
    """What stands beside the turns."""

    system: Optional = None


def turns(row: ConversationRow, record: Record) -> list[Message]:
    """Return the turns of a conversation. Raises `FormatError`."""
    found = read_messages(record.get("conversations"), "conversations", record.place, NAMES)
    if row.system and found and found[0].role == "system":
        raise FormatError(record.place, "system is there twice: as a field and as the first turn")
    return [Message(role="system", content=row.system), *found] if row.system else found


def read(record: Record) -> ReadExample:
    """Return the example of a record."""
    row = read_row(ConversationRow, record)
    messages = turns(row, record)
    check_chat(messages, "conversations", record.place)
    return row.example(record.place, ChatContent(messages=messages))


SHAREGPT = simple(
    "sharegpt",
    kind="chat",
    keys='{"conversations": [{"from": "human", "value": "…"}, {"from": "gpt", "value": "…"}]}',
    own=frozenset({"conversations", "system"}),
    detects=lambda record: record.has("conversations"),
    read=read,
)
