"""JSON and JSON Lines: records as lines of keys and values, and those that are short and alike as a table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from retriever.documents.blocks import ReadDocument, UnreadableError
from retriever.documents.formats import plain_text
from retriever.documents.formats.plain_text import decoded
from retriever.documents.markup.writer import Writer
from store.json_values import Json, JsonObject

_DEEPEST = 40
_MOST_KEYS = 20  # of a record that is a row of a table
_LONGEST = 120  # characters of a value in one


def read(data: bytes) -> ReadDocument:
    """Return the values of a file; what is no JSON is read as plain text, and its doubt says so."""
    found = decoded(data)
    try:
        values = list(_values(found.text))
    except (ValueError, RecursionError) as error:
        said = f"It is no valid JSON ({str(error)[:100]}) and was read as plain text."
        return replace(plain_text.read(data), doubt=said)
    writer = Writer()
    _write(writer, values[0] if len(values) == 1 else values)
    return writer.document(doubt=found.doubt)


def _values(text: str) -> Iterator[Json]:
    """Yield the values of a text: one, or one on each line."""
    try:
        yield json.loads(text)
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise
        for number, line in enumerate(lines, start=1):
            try:
                yield json.loads(line)
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from error


def _write(writer: Writer, value: Json) -> None:
    if isinstance(value, list):
        records = [each for each in value if isinstance(each, dict)]
        if records and len(records) == len(value):
            _write_records(writer, records)
            return
        for each in value:
            writer.paragraph("\n".join(_lines(each, "", 0)))
        return
    writer.paragraph("\n".join(_lines(value, "", 0)))


def _write_records(writer: Writer, records: Sequence[JsonObject]) -> None:
    keys = list(dict.fromkeys(key for record in records for key in record))
    short = all(_is_short(value) for record in records for value in record.values())
    if len(records) > 1 and short and 1 < len(keys) <= _MOST_KEYS:
        writer.table([keys, *([_said(record.get(key)) for key in keys] for record in records)])
        return
    for record in records:
        writer.paragraph("\n".join(_lines(dict(record), "", 0)))


def _lines(value: Json, key: str, depth: int) -> Iterator[str]:
    """Yield a value as lines, each with the keys that lead to it."""
    if depth > _DEEPEST:
        raise UnreadableError(f"It is nested more than {_DEEPEST} deep.", code="too_deep")
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _lines(each, f"{key}.{name}" if key else name, depth + 1)
    elif isinstance(value, list) and not all(map(_is_short, value)):
        for number, each in enumerate(value, start=1):
            yield from _lines(each, f"{key}.{number}" if key else "", depth + 1)
    else:
        said = ", ".join(map(_said, value)) if isinstance(value, list) else _said(value)
        yield f"{key}: {said}" if key else said


def _is_short(value: Json) -> bool:
    return not isinstance(value, dict | list) and len(_said(value)) <= _LONGEST


def _said(value: Json) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
