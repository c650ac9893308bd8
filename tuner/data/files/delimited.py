"""Tables with separators: CSV and TSV, whose first line names the columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from tuner.data.files.container import Container, DataFile, decoded, refused
from tuner.data.record import Place, Problem, Record

_SEPARATORS = (",", ";", "\t", "|")
_SUFFIXES = (".csv", ".tsv", ".tab")


def records(files: Sequence[DataFile], problems: list[Problem]) -> Iterator[Record]:
    """Yield the rows of a table; see `Container`."""
    text = decoded(files[0])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(files[0], text), strict=True)
    header = [name.strip() for name in next(reader, [])]
    if not header:
        return
    twice = [name for place, name in enumerate(header) if name in header[:place] or not name]
    if twice:
        raise refused(f"line 1 must name each column once, and {twice[0]!r} is empty or there twice")
    number = 0
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:  # the table cannot be told from here on
            problems.append(
                Problem(Place(number + 1, line), f"no CSV ({error}); the table cannot be read from here on")
            )
            return
        if not any(cells):
            continue
        number += 1
        place = Place(number, line)
        if len(cells) != len(header):
            problems.append(Problem(place, f"there are {len(cells)} cells, and {len(header)} columns have names"))
        else:
            yield Record(place, dict(zip(header, cells, strict=True)))


def _separator(file: DataFile, text: str) -> str:
    """Return what separates the names in the first line most often."""
    if file.suffix in (".tsv", ".tab"):
        return "\t"
    first = text.split("\n", 1)[0]
    return max(_SEPARATORS, key=first.count)


DELIMITED = Container(
    "CSV or TSV", takes=lambda files: len(files) == 1 and files[0].suffix in _SUFFIXES, records=records
)
