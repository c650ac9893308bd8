"""Separated values: CSV and TSV, whatever the sign that separates them and the encoding."""

from __future__ import annotations

import csv
import io

from retriever.documents.blocks import ReadDocument
from retriever.documents.formats.plain_text import decoded, doubt
from retriever.documents.markup.sheets import write_sheet
from retriever.documents.markup.writer import Writer

__all__ = ["doubt", "read"]

_SIGNS = ",;\t|"
_SAMPLE = 50  # rows by which the sign is found
_LONGEST = 10_000_000


def read(data: bytes) -> ReadDocument:
    """Return the rows as tables, the first row as names of the columns; raise `UnreadableError` if there is none."""
    found = decoded(data)
    text = found.text.replace("\x00", "")
    csv.field_size_limit(_LONGEST)
    writer = Writer()
    write_sheet(writer, list(csv.reader(io.StringIO(text, newline=""), delimiter=_sign(text))), first_row_names=True)
    return writer.document(doubt=found.doubt)


def _sign(text: str) -> str:
    """Return the sign that gives most rows the same number of cells, more than one."""
    lines = [line for line in text[:200_000].splitlines() if line.strip()][:_SAMPLE]
    best = (0, 0, ",")
    for place, sign in enumerate(_SIGNS):
        widths = [len(row) for row in csv.reader(lines, delimiter=sign)]
        usual = max(set(widths), key=lambda width: (widths.count(width), width), default=0)
        if usual > 1:
            best = max(best, (widths.count(usual), -place, sign))
    return best[2]
