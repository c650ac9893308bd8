"""Data of AutoRAG: a table of questions with a corpus beside it, `qa.parquet` and `corpus.parquet`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from store.json_values import Json
from tuner.data.files.container import Container, DataFile
from tuner.data.files.parquet import records as parquet_records
from tuner.data.record import Problem, Record

_CORPUS, _QUESTIONS = "corpus.parquet", "qa.parquet"


def records(files: Sequence[DataFile], problems: list[Problem]) -> Iterator[Record]:
    """Yield the questions with the texts of the corpus that they name; see `Container`."""
    by_name = {each.base: each for each in files}
    texts: dict[str, Json] = {}
    for record in parquet_records([by_name[_CORPUS]], problems):
        texts[str(record.get("doc_id"))] = record.get("contents")
    for record in parquet_records([by_name[_QUESTIONS]], problems):
        named = record.get("retrieval_gt")
        ids = [each for group in (named if isinstance(named, list) else []) for each in _listed(group)]
        contents: dict[str, Json] = {str(each): texts[str(each)] for each in ids if str(each) in texts}
        yield Record(record.place, {**record.fields, "contents": contents})


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


AUTORAG_TABLES = Container(
    "AutoRAG", takes=lambda files: {_CORPUS, _QUESTIONS} == {each.base for each in files}, records=records
)
