"""The format `prompt_completion`: TRL's prompts with completions, as texts or as messages."""

from __future__ import annotations

from store.examples import ChatContent, Message
from tuner.data.formats.format import ReadExample, Row, read_row, simple
from tuner.data.formats.messages import prompt_of, reply
from tuner.data.record import Record


def read(record: Record) -> ReadExample:
    """Return the example of a record."""
    row = read_row(Row, record)
    prompt = prompt_of(record.get("prompt"), "prompt", record.place)
    completion = reply(record.get("completion"), "completion", record.place)
    return row.example(record.place, ChatContent(messages=[*prompt, Message(role="assistant", content=completion)]))


PROMPT_COMPLETION = simple(
    "prompt_completion",
    kind="chat",
    keys='{"prompt": "…", "completion": "…"}',
    own=frozenset({"prompt", "completion"}),
    detects=lambda record: record.has("prompt", "completion") and not record.has("label"),
    read=read,
)
