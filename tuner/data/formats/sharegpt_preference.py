"""The format `sharegpt_preference`: conversations with two replies, or with one that is good or not."""

from __future__ import annotations

from store.examples import PreferenceContent
from store.refusals import kind_of
from tuner.data.formats.format import FormatError, ReadExample, read_row, simple
from tuner.data.formats.messages import check_chat, check_prompt, reply
from tuner.data.formats.sharegpt import NAMES, ConversationRow, turns
from tuner.data.record import Record


def read(record: Record) -> ReadExample:
    """Return the example of a record."""
    row = read_row(ConversationRow, record)
    messages = turns(row, record)
    chosen: str | None
    rejected: str | None
    if record.has("kto_tag"):
        check_chat(messages, "conversations", record.place)
        good = record.get("kto_tag")
        if not isinstance(good, bool):
            raise FormatError(record.place, f"kto_tag must be true or false, not {kind_of(good)}")
        said = messages.pop().content
        chosen, rejected = (said, None) if good else (None, said)
    else:
        if not messages:
            raise FormatError(record.place, "conversations is empty")
        check_prompt(messages, "conversations", record.place)
        chosen = reply(record.get("chosen"), "chosen", record.place, NAMES)
        rejected = reply(record.get("rejected"), "rejected", record.place, NAMES)
    return row.example(record.place, PreferenceContent(messages=messages, chosen=chosen, rejected=rejected))


SHAREGPT_PREFERENCE = simple(
    "sharegpt_preference",
    kind="preference",
    keys='{"conversations": […], "chosen": {"from": "gpt", "value": "…"}, "rejected": {"from": "gpt", "value": "…"}}',
    own=frozenset({"conversations", "system", "chosen", "rejected", "kto_tag"}),
    detects=lambda record: record.has("conversations") and (record.has("chosen") or record.has("kto_tag")),
    read=read,
)
