"""The format `preference`: TRL's prompts with two replies, or with one completion and whether it is good."""

from __future__ import annotations

from store.examples import Message, PreferenceContent
from store.refusals import kind_of
from tuner.data.formats.format import FormatError, ReadExample, Row, read_row, simple
from tuner.data.formats.messages import check_chat, prompt_of, read_messages, reply
from tuner.data.record import Place, Record


def read(record: Record) -> ReadExample:
    """Return the example of a record."""
    row, place = read_row(Row, record), record.place
    if record.has("chosen", "rejected") and not record.has("prompt"):
        content = _implicit(record)
    elif record.has("chosen", "rejected"):
        chosen, rejected = (reply(record.get(name), name, place) for name in ("chosen", "rejected"))
        prompt = prompt_of(record.get("prompt"), "prompt", place)
        content = PreferenceContent(messages=prompt, chosen=chosen, rejected=rejected)
    else:
        said = reply(record.get("completion"), "completion", place)
        good = _truth(record, place)
        prompt = prompt_of(record.get("prompt"), "prompt", place)
        content = PreferenceContent(messages=prompt, chosen=said if good else None, rejected=None if good else said)
    return row.example(place, content)


def _implicit(record: Record) -> PreferenceContent:
    """Return what two whole conversations share, and the replies in which they differ."""
    both: list[list[Message]] = []
    for name in ("chosen", "rejected"):
        messages = read_messages(record.get(name), name, record.place)
        check_chat(messages, name, record.place)
        both.append(messages)
    chosen, rejected = both
    if chosen[:-1] != rejected[:-1]:
        raise FormatError(record.place, "chosen and rejected must be the same conversation but for its last message")
    return PreferenceContent(messages=chosen[:-1], chosen=chosen[-1].content, rejected=rejected[-1].content)


def _truth(record: Record, place: Place) -> bool:
    given = record.get("label")
    known = {True: True, False: False, "true": True, "false": False, "1": True, "0": False}
    value = given.casefold() if isinstance(given, str) else given
    if isinstance(value, bool | str | int) and value in known:
        return known[value]
    raise FormatError(place, f"label must be true or false, not {kind_of(given)}")


def _is(record: Record) -> bool:
    return record.has("chosen", "rejected") or record.has("prompt", "completion", "label")


PREFERENCE = simple(
    "preference",
    kind="preference",
    keys='{"prompt": "…", "chosen": "…", "rejected": "…"} or {"prompt": "…", "completion": "…", "label": true}',
    own=frozenset({"prompt", "chosen", "rejected", "completion", "label"}),
    detects=_is,
    read=read,
)
