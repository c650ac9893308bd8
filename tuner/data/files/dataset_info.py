"""LLaMA-Factory's `dataset_info.json` beside a file of records: it says what their fields and roles are called."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from store.json_values import Json
from store.refusals import explain
from tuner.data.files.container import Container, DataFile, decoded, refused
from tuner.data.files.delimited import DELIMITED
from tuner.data.files.json_records import JSON_RECORDS
from tuner.data.files.parquet import PARQUET
from tuner.data.record import Problem, Record

_INFO = "dataset_info.json"
_ALPACA = {"prompt": "instruction", "query": "input", "response": "output"}
_SHAREGPT = {"messages": "conversations"}
_ROLES = {
    "user_tag": "human", "assistant_tag": "gpt", "observation_tag": "observation", "function_tag": "function_call",
    "system_tag": "system",
}  # fmt: skip


class Entry(BaseModel):
    """What is said of one file; other fields are of no use here."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    file_name: str
    formatting: Literal["alpaca", "sharegpt", "openai"] = "alpaca"
    columns: dict[str, str] = Field(default_factory=dict)
    tags: dict[str, str] = Field(default_factory=dict)


def records(files: Sequence[DataFile], problems: list[Problem]) -> Iterator[Record]:
    """Yield the records of the file that is described, with the usual names; see `Container`."""
    info = next(each for each in files if each.base == _INFO)
    (file,) = (each for each in files if each.base != _INFO)
    entry = _entry_of(info, file)
    inner = next(each for each in (PARQUET, DELIMITED, JSON_RECORDS) if each.takes([file]))
    for record in inner.records([file], problems):
        yield Record(record.place, _usual(entry, record.fields))


def _entry_of(info: DataFile, file: DataFile) -> Entry:
    try:
        entries = json.loads(decoded(info))
    except (ValueError, RecursionError) as error:
        raise refused(f"{_INFO} is no JSON ({getattr(error, 'msg', error)})") from error
    named = entries if isinstance(entries, dict) else {}
    mine = {
        name: entry
        for name, entry in named.items()
        if isinstance(entry, dict) and PurePosixPath(str(entry.get("file_name", ""))).name.casefold() == file.base
    }
    if len(mine) != 1:
        raise refused(f"{_INFO} has {len(mine)} entries whose file_name is {file.base!r}; one is needed")
    ((name, given),) = mine.items()
    try:
        return Entry.model_validate(given)
    except ValidationError as error:
        said = explain(error.errors()[0], given, name)[1].rstrip(".")
        raise refused(f"{_INFO}: {said}") from error


def _usual(entry: Entry, fields: Mapping[str, Json]) -> dict[str, Json]:
    """Return the fields under the names that the formats `alpaca` and `sharegpt` know."""
    usual = _ALPACA if entry.formatting == "alpaca" else _SHAREGPT
    names = {entry.columns[key]: usual.get(key, key) for key in entry.columns}
    found = {names.get(name, name): value for name, value in fields.items()}
    if entry.formatting != "alpaca":
        for name in ("conversations", "chosen", "rejected"):
            if name in found:
                found[name] = _turns(entry.tags, found[name])
    return found


def _turns(tags: Mapping[str, str], given: Json) -> Json:
    """Return a turn, or a list of them, with the usual names of fields and roles."""
    if isinstance(given, list):
        return [_turns(tags, each) for each in given]
    if not isinstance(given, dict):
        return given
    role, content = tags.get("role_tag", "from"), tags.get("content_tag", "value")
    roles = {tags[tag]: usual for tag, usual in _ROLES.items() if tag in tags}
    found: dict[str, Json] = {}
    for name, value in given.items():
        if name == role:
            found["from"] = roles.get(value, value) if isinstance(value, str) else value
        else:
            found["value" if name == content else name] = value
    return found


DATASET_INFO = Container(
    "LLaMA-Factory",
    takes=lambda files: len(files) == 2 and any(each.base == _INFO for each in files),
    records=records,
)
