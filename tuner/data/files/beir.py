"""Folders of BEIR: a corpus, queries, and a table for each split of which text is relevant to which query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from store.json_values import Json
from tuner.data.files.container import Container, DataFile, decoded, refused
from tuner.data.files.json_records import records as json_records
from tuner.data.record import Place, Problem, Record

_SPLITS = {"train": "train", "dev": "dev", "validation": "dev", "val": "dev", "valid": "dev", "test": "test"}
_CORPUS, _QUERIES = "corpus.jsonl", "queries.jsonl"


def records(files: Sequence[DataFile], problems: list[Problem]) -> Iterator[Record]:
    """Yield a record for each query of each split, as the format `retrieval` has it; see `Container`."""
    texts = {str(fields.get("_id")): fields for fields in _fields(files, _CORPUS, problems)}
    queries = {str(fields.get("_id")): fields.get("text") for fields in _fields(files, _QUERIES, problems)}
    number = 0
    for file in sorted((each for each in files if each.suffix == ".tsv"), key=lambda each: each.base):
        for query, grades in _judged(file, queries, texts, problems).items():
            number += 1
            relevant: list[Json] = [_relevant(key, grade, texts[key]) for key, grade in grades.items()]
            found: dict[str, Json] = {"id": query, "query": queries[query], "relevant": relevant}
            if split := _SPLITS.get(PurePosixPath(file.base).stem):
                found["split"] = split
            yield Record(Place(number, part=f"{file.base}, query {query}"), found)


def _relevant(key: str, grade: int, fields: Mapping[str, Json]) -> dict[str, Json]:
    return {"id": key, "grade": grade, "title": fields.get("title") or None, "text": fields.get("text")}


def _fields(files: Sequence[DataFile], name: str, problems: list[Problem]) -> Iterator[Mapping[str, Json]]:
    file = next(each for each in files if each.base == name)
    own: list[Problem] = []
    for record in json_records([file], own):
        if not record.has("_id", "text"):
            own.append(Problem(record.place, "_id and text must be there"))
        else:
            yield record.fields
    problems += [Problem(each.place, f"{each.said} (in {name})") for each in own]


def _judged(
    file: DataFile, queries: Mapping[str, Json], texts: Mapping[str, object], problems: list[Problem]
) -> dict[str, dict[str, int]]:
    """Return the grades of the relevant texts of each query of a split; zero and less means not relevant."""
    found: dict[str, dict[str, int]] = {}
    for line, content in enumerate(decoded(file).split("\n"), start=1):
        cells = content.rstrip("\r").split("\t")
        if line == 1 or not content.strip():
            continue
        place = Place(line - 1, line, file.base)
        if len(cells) != 3 or not _whole(cells[2]):
            problems.append(Problem(place, "a line is query-id, corpus-id and a whole number, separated by tabs"))
        elif cells[0] not in queries:
            problems.append(Problem(place, f"{_QUERIES} has no query {cells[0]!r}"))
        elif cells[1] not in texts:
            problems.append(Problem(place, f"{_CORPUS} has no text {cells[1]!r}"))
        elif int(cells[2]) > 0:
            found.setdefault(cells[0], {})[cells[1]] = int(cells[2])
    return found


def _whole(cell: str) -> bool:
    digits = cell.strip().removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) < 10


def _takes(files: Sequence[DataFile]) -> bool:
    names = {each.base for each in files}
    if {_CORPUS, _QUERIES} <= names and any(each.suffix == ".tsv" for each in files):
        return True
    if len(files) > 1 and names & {_CORPUS, _QUERIES}:
        raise refused(f"a folder of BEIR has {_CORPUS}, {_QUERIES} and qrels/<split>.tsv; given were {sorted(names)}")
    return False


BEIR = Container("BEIR", takes=_takes, records=records)
