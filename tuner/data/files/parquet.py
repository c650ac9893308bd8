"""Parquet: tables of columns with types. They are read in a process with limits, as documents of strangers are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from retriever.documents.blocks import UnreadableError
from retriever.documents.formats.table import Format, Limits
from retriever.documents.reading import Original, Reading
from tuner.data.files.container import Container, DataFile, refused
from tuner.data.record import Place, Problem, Record

_TYPE = "application/vnd.apache.parquet"
_FORMAT = Format(
    "Parquet", (".parquet",), _TYPE, "tuner.data.files.parquet_rows", magic=(b"PAR1",), limits=Limits(memory_mb=3000)
)


def is_parquet(file: DataFile) -> bool:
    """Return whether a file begins as Parquet does, or is called so."""
    return file.data.startswith(b"PAR1") or file.suffix == ".parquet"


def records(files: Sequence[DataFile], problems: list[Problem]) -> Iterator[Record]:
    """Yield the rows of a table; see `Container`."""
    del problems  # a table is read as a whole or not at all
    reading = Reading((_FORMAT,))
    try:
        (outcome,) = reading.read([Original(_TYPE, files[0].data)])
    finally:
        reading.close()
    if isinstance(outcome, UnreadableError):
        raise refused(f"{files[0].base} cannot be read: {outcome.message.rstrip('.')}")
    for number, line in enumerate(outcome.text.split("\n") if outcome.text else [], start=1):
        fields = json.loads(line)
        yield Record(Place(number), {name: value for name, value in fields.items() if value is not None})


PARQUET = Container("Parquet", takes=lambda files: len(files) == 1 and is_parquet(files[0]), records=records)
