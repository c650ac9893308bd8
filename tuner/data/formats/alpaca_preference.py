"""The format `alpaca_preference`: instructions with a better and a worse output, or with one that is good or not."""

from __future__ import annotations

from pydantic import Field

from store.examples import PreferenceContent
from tuner.data.formats.alpaca import FIELDS, InstructionRow
from tuner.data.formats.format import SOLID, ReadExample, read_row, simple
from tuner.data.record import Record


class PairRow(InstructionRow):
    """An instruction with the output that is preferred and the other."""

    chosen: str = Field(pattern=SOLID)
    rejected: str = Field(pattern=SOLID)


class JudgedRow(InstructionRow):
    """An instruction with an output, and whether that is good."""

    output: str = Field(pattern=SOLID)
    kto_tag: bool


def read(record: Record) -> ReadExample:
    """Return the example of a record."""
    if record.has("kto_tag"):
        judged = read_row(JudgedRow, record)
        chosen, rejected = (judged.output, None) if judged.kto_tag else (None, judged.output)
        return judged.example(
            record.place, PreferenceContent(messages=judged.prompt(), chosen=chosen, rejected=rejected)
        )
    pair = read_row(PairRow, record)
    content = PreferenceContent(messages=pair.prompt(), chosen=pair.chosen, rejected=pair.rejected)
    return pair.example(record.place, content)


ALPACA_PREFERENCE = simple(
    "alpaca_preference",
    kind="preference",
    keys='{"instruction": "…", "input": "…", "chosen": "…", "rejected": "…"}',
    own=FIELDS | {"chosen", "rejected", "output", "kto_tag"},
    detects=lambda record: record.has("instruction") and (record.has("chosen") or record.has("kto_tag")),
    read=read,
)
