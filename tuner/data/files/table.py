"""How files hold records: ONE table. A new container is a module beside this, which makes its row, and a line here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tuner.data.files.autorag import AUTORAG_TABLES
from tuner.data.files.beir import BEIR
from tuner.data.files.container import Container, DataFile, refused
from tuner.data.files.dataset_info import DATASET_INFO
from tuner.data.files.delimited import DELIMITED
from tuner.data.files.json_records import JSON_RECORDS
from tuner.data.files.parquet import PARQUET
from tuner.data.record import Problem, Record

CONTAINERS: tuple[Container, ...] = (BEIR, AUTORAG_TABLES, DATASET_INFO, PARQUET, DELIMITED, JSON_RECORDS)


def read_records(files: Sequence[DataFile], problems: list[Problem]) -> Iterator[Record]:
    """Yield the records of files; see `Container`. Raises `InvalidInputError` for files that do not belong together."""
    for row in CONTAINERS:
        if row.takes(files):
            return row.records(files, problems)
    names = ", ".join(each.base for each in files) or "none"
    raise refused(
        f"these files are no data set together: {names}. Give one file, or those of a folder of BEIR, or qa.parquet "
        "with corpus.parquet, or a file with its dataset_info.json"
    )
