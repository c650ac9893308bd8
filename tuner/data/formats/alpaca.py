"""The format `alpaca`: instructions with inputs and outputs, and the turns before them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from store.examples import ChatContent, Message
from tuner.data.formats.format import SOLID, Optional, ReadExample, Row, absent, read_row, simple
from tuner.data.record import Record


class InstructionRow(Row):
    """An instruction; its input, if it has one, follows it after an end of line."""

    instruction: str = Field(pattern=SOLID)
    input: Optional = None
    system: Optional = None
    history: Annotated[list[tuple[str, str]] | None, BeforeValidator(absent)] = None

    def prompt(self) -> list[Message]:
        """Return the messages to reply to."""
        asked = f"{self.instruction}\n{self.input}" if self.input else self.instruction
        turns = [
            Message(role=role, content=text)
            for pair in self.history or []
            for role, text in (("user", pair[0]), ("assistant", pair[1]))
        ]
        system = [Message(role="system", content=self.system)] if self.system else []
        return [*system, *turns, Message(role="user", content=asked)]


class OutputRow(InstructionRow):
    """An instruction with the output to learn."""

    output: str = Field(pattern=SOLID)


FIELDS = frozenset({"instruction", "input", "system", "history"})


def read(record: Record) -> ReadExample:
    """Return the example of a record."""
    row = read_row(OutputRow, record)
    reply = Message(role="assistant", content=row.output)
    return row.example(record.place, ChatContent(messages=[*row.prompt(), reply]))


ALPACA = simple(
    "alpaca",
    kind="chat",
    keys='{"instruction": "…", "input": "…", "output": "…"}',
    own=FIELDS | {"output"},
    detects=lambda record: record.has("instruction"),
    read=read,
)
