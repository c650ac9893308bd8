"""Reading the records of files as examples: of one format, checked against each other, with what is wrong told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from store.examples import RetrievalContent
from tuner.data.anchoring import Texts
from tuner.data.files.container import DataFile
from tuner.data.files.table import read_records
from tuner.data.formats.format import ANY_FIELD, Format, FormatError, ReadExample
from tuner.data.formats.table import detect, known_keys
from tuner.data.record import Place, Problem, Record


@dataclass
class ReadFile:
    """What was read: the format, examples by key, what is wrong, what was said twice, and fields that nobody reads."""

    format: Format | None
    rows: dict[str, ReadExample] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    copies: list[Place] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)


def read_examples(files: Sequence[DataFile], texts: Texts, written_as: Format | None) -> ReadFile:
    """Return the examples of files, in the format that is named, or else in that of the first record that has one."""
    found = ReadFile(written_as)
    seen: set[str] = set()
    for record in read_records(files, found.problems):
        source = _format(record, found)
        if source is None:
            continue
        own: list[Problem] = []
        try:
            for row in source.read(record, own):
                _take(row, found, texts, seen)
        except FormatError as error:
            own.append(error.problem)
        if not own:
            found.unread.update(each for each in record.fields if not {each, ANY_FIELD} & source.fields)
        found.problems += own
    return found


def _format(record: Record, found: ReadFile) -> Format | None:
    """Return the format to read a record in, None if it cannot be; of a file the first record decides."""
    own = detect(record)
    if found.format is None and own is None:
        fields = ", ".join(each[:40] for each in list(record.fields)[:12]) or "none"
        said = f"no format has the fields {fields}. A record looks like one of these:\n{known_keys()}\n"
        found.problems.append(Problem(record.place, said))
        return None
    source = found.format = found.format or own
    if source and own and own is not source and not source.detects(record):
        said = f"this is written as {own.name}, and what is before it as {source.name}; a file has one format"
        found.problems.append(Problem(record.place, said))
        return None
    if source and (said := _misspelt(record, source)):
        found.problems.append(Problem(record.place, said))
        return None
    return source


def _misspelt(record: Record, source: Format) -> str:
    """Return what is wrong with a field that is nearly called like one that the format knows and the record lacks."""
    if ANY_FIELD in source.fields:
        return ""
    absent = [each for each in source.fields if each not in record.fields]
    for name in record.fields:
        if name not in source.fields and (close := get_close_matches(name[:80], absent, 1, 0.8)):
            return f"{name[:80]} is no field that is known here; did you mean {close[0]}?"
    return ""


def _take(row: ReadExample, found: ReadFile, texts: Texts, seen: set[str]) -> None:
    key = row.key or _own_key(row.place)
    content = f"{row.content.model_dump_json()} {row.documents} {row.split} {[each.text for each in row.sources]}"
    if key in found.rows:
        found.problems.append(Problem(row.place, f"the id {key!r} is there twice"))
    elif wrong := _unknown(row, texts):
        found.problems.append(Problem(row.place, wrong))
    elif content in seen:
        found.copies.append(row.place)
    else:
        seen.add(content)
        found.rows[key] = row


def _own_key(place: Place) -> str:
    """Return a key for an example that has none: its line, or its record and part."""
    if place.line is not None and not place.part and not place.shared:
        return f"line-{place.line}"
    return f"record-{place.record}.{place.part}" if place.part else f"record-{place.record}"


def _unknown(row: ReadExample, texts: Texts) -> str:
    """Return what an example names and the domain does not have."""
    for name in row.documents:
        if name not in texts.documents:
            return f"there is no document {name!r} in this domain"
    for span in row.spans:
        text = texts.of(texts.documents[span.document])
        if text is None or not span.start < span.end <= len(text):
            return f"spans: {span.document!r} has no characters {span.start} to {span.end}"
    if isinstance(row.content, RetrievalContent):
        for number, each in enumerate(row.content.relevant):
            if each.id not in texts.documents and not each.text:
                return f"relevant.{number}: there is no document {each.id!r} in this domain, and no text is given"
    return ""
