"""The format `openai_preference`: what OpenAI's preference fine-tuning takes."""

from __future__ import annotations

from store.examples import PreferenceContent
from store.refusals import kind_of
from tuner.data.formats.format import FormatError, ReadExample, Row, read_row, simple
from tuner.data.formats.messages import check_prompt, read_messages, reply
from tuner.data.record import Record


def read(record: Record) -> ReadExample:
    """Return the example of a record."""
    row, place, given = read_row(Row, record), record.place, record.get("input")
    if not isinstance(given, dict):
        raise FormatError(place, f"input must be a JSON object, not {kind_of(given)}")
    messages = read_messages(given.get("messages"), "input.messages", place)
    if not messages:
        raise FormatError(place, "input.messages is empty")
    check_prompt(messages, "input.messages", place)
    chosen = reply(record.get("preferred_output"), "preferred_output", place)
    rejected = reply(record.get("non_preferred_output"), "non_preferred_output", place)
    return row.example(place, PreferenceContent(messages=messages, chosen=chosen, rejected=rejected))


OPENAI_PREFERENCE = simple(
    "openai_preference",
    kind="preference",
    keys='{"input": {"messages": […]}, "preferred_output": […], "non_preferred_output": […]}',
    own=frozenset({"input", "preferred_output", "non_preferred_output"}),
    detects=lambda record: record.has("preferred_output") or record.has("non_preferred_output"),
    read=read,
)
