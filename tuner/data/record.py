"""A record of a file, and what was found wrong with one."""

from __future__ import annotations

from dataclasses import dataclass

from store.json_values import Json, JsonObject


@dataclass(frozen=True)
class Place:
    """Where something stands in a file: its line, or None where the file has no lines, its record, its part of that.

    Records and lines are counted from 1. `shared` says that other records may stand in its line.
    """

    record: int
    line: int | None = None
    part: str = ""
    shared: bool = False

    def __str__(self) -> str:
        if self.line is None:
            begin = f"record {self.record}"
        else:
            begin = f"line {self.line}" if self.line == self.record else f"line {self.line} (record {self.record})"
        return f"{begin}, {self.part}" if self.part else begin

    def within(self, *path: str | int) -> Place:
        """Return the place of a part of this record, named by the keys and numbers that lead to it."""
        return Place(self.record, self.line, ".".join(map(str, path)), self.shared)


@dataclass(frozen=True)
class Record:
    """A JSON object of a file, or a row of a table of it."""

    place: Place
    fields: JsonObject

    def has(self, *names: str) -> bool:
        """Return whether it has all these fields."""
        return all(name in self.fields for name in names)

    def get(self, name: str) -> Json:
        """Return the value of a field, None if it has none."""
        return self.fields.get(name)


@dataclass(frozen=True)
class Problem:
    """What is wrong with a part of a file: where, and a clause that says what, which begins with the field."""

    place: Place | None
    said: str

    def __str__(self) -> str:
        return f"{self.place}: {self.said}" if self.place else self.said
