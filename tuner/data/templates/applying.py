"""Applying a template to a table: each record becomes instructions, in one or several wordings."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from eval.splits import split_by_document
from retriever.text.language import language_of
from store.datasets import Dataset, Example, create_dataset
from store.errors import InvalidInputError
from store.examples import ChatContent, Message
from store.json_values import Json
from store.store import Store
from tuner.data.files.container import DataFile, refused
from tuner.data.files.table import read_records
from tuner.data.record import Problem, Record
from tuner.data.templates.template import Template, Wording, filled

_MAX_REPORTED = 5
_MAX_CHOICES = 30
_SPLITS = ("train", "dev", "test")
In = Literal["record", "en", "zh", "both"]


@dataclass(frozen=True)
class Filling:
    """How a template is applied.

    `columns` says which column of the table a field is filled from, where it is not called so itself; a column that
    begins with `=` is the text after that, for all records. `language` is that of the wordings: that of each record, or
    the one that is named. `wordings` are made of each record in each language, chosen by `seed`. `split` is for
    records that name none; without it, records are split by chance, and all wordings of one stay together.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    language: In = "record"
    wordings: int = 1
    seed: int = 0
    split: str | None = None
    skip_bad: bool = False


def instruct(
    store: Store, domain_id: str, name: str, files: Sequence[DataFile], template: Template, filling: Filling
) -> Dataset:
    """Store what a template makes of a table as a data set of conversations.

    Raises `InvalidInputError` naming the records that cannot be used; then nothing is stored, unless they are skipped.
    """
    unknown = sorted(set(filling.columns) - set(template.fields))
    if unknown:
        known = ", ".join(f"{each} ({about})" for each, about in template.fields.items())
        raise InvalidInputError(f"{template.name} has no field {unknown[0]!r}; it has {known}.", param="columns")
    problems: list[Problem] = []
    records = list(read_records(files, problems))
    filled_in = [(record, fields) for record in records if (fields := _fields(record, template, filling, problems))]
    choices = _choices(template, [fields for _, fields in filled_in])
    scale = _scale(template, [fields for _, fields in filled_in])
    made: list[tuple[Record, list[ChatContent]]] = []
    for record, fields in filled_in:
        values = {name: scale.get(text, text) if name == template.scale else text for name, text in fields.items()}
        contents = _contents(record, {**values, "choices": choices}, template, filling, problems)
        made += [(record, contents)] if contents else []
    if problems and not filling.skip_bad:
        shown = "; ".join(map(str, problems[:_MAX_REPORTED]))
        more = f", and {len(problems) - _MAX_REPORTED} more" if len(problems) > _MAX_REPORTED else ""
        raise refused(f"{shown}{more}")
    if not made:
        raise refused("no record is left" if problems else "the file has no record")
    left_out = [f"Left out: {each}." for each in problems[:100]]
    how = f"Made by the template {template.name} from {len(made)} records."
    return create_dataset(store, domain_id, name, "chat", "human", _examples(made, filling), [how, *left_out])


def _fields(record: Record, template: Template, filling: Filling, problems: list[Problem]) -> dict[str, str] | None:
    """Return the fields of a template for a record; None, and a problem, if one is missing or empty."""
    found: dict[str, str] = {}
    for name in template.fields:
        column = filling.columns.get(name, name)
        value: Json = column[1:] if column.startswith("=") else record.get(column)
        text = str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
        if not text:
            have = ", ".join(list(record.fields)[:12])
            said = "is empty" if column in record.fields else f"is no column; there is {have}"
            problems.append(Problem(record.place, f"{column} {said} (for the field {name})"))
            return None
        found[name] = text
    return found


def _choices(template: Template, rows: Sequence[Mapping[str, str]]) -> str:
    """Return the values that a table has in the field of choices, as a list in words; nothing if they are many."""
    if template.choices is None:
        return ""
    values = sorted({fields[template.choices] for fields in rows})
    return ", ".join(values) if 1 < len(values) <= _MAX_CHOICES else ""


def _scale(template: Template, rows: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return what the ratings of a table mean, if it has only 0 and 1."""
    values = {fields[template.scale] for fields in rows} if template.scale else set()
    return {"0": "negative", "1": "positive"} if values == {"0", "1"} else {}


def _contents(
    record: Record, fields: Mapping[str, str], template: Template, filling: Filling, problems: list[Problem]
) -> list[ChatContent]:
    chance = random.Random(f"{filling.seed} {record.place.record}")
    made: list[ChatContent] = []
    for wordings in _wordings(fields, template, filling):
        for wording in chance.sample(wordings, min(filling.wordings, len(wordings))):
            try:
                prompt, reply = filled(wording.prompt, fields), filled(wording.reply, fields)
            except ValueError as error:
                problems.append(Problem(record.place, str(error)))
                return []
            messages = [Message(role="user", content=prompt), Message(role="assistant", content=reply)]
            made.append(ChatContent(messages=messages))
    return made


def _wordings(fields: Mapping[str, str], template: Template, filling: Filling) -> list[list[Wording]]:
    """Return the wordings in the languages of a record; where a template lacks one, those that it has."""
    if filling.language == "both":
        return [*template.wordings.values()]
    own = language_of(max(fields.values(), key=len)) if filling.language == "record" else filling.language
    return [template.wordings.get(own) or next(iter(template.wordings.values()))]


def _examples(made: Sequence[tuple[Record, list[ChatContent]]], filling: Filling) -> list[Example]:
    """Return the examples of all records, each with the split of its record."""
    by_chance = split_by_document([(contents[0].model_dump_json(), []) for _, contents in made])
    named = any(record.get("split") in _SPLITS for record, _ in made)
    examples: list[Example] = []
    for (record, contents), chosen in zip(made, by_chance, strict=True):
        given = record.get("split")
        split = str(given) if given in _SPLITS else filling.split or ("train" if named else chosen)
        key = f"record-{record.place.record}"
        keys = [f"{key}.{number}" for number in range(1, len(contents) + 1)] if len(contents) > 1 else [key]
        examples += [Example(key, split, content, {}) for key, content in zip(keys, contents, strict=True)]
    return examples
