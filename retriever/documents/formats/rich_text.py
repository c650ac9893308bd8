"""RTF documents: their words, and their tables."""

from __future__ import annotations

from striprtf.striprtf import rtf_to_text

from retriever.documents.blocks import ReadDocument
from retriever.documents.markup.writer import Row, Writer


def read(data: bytes) -> ReadDocument:
    """Return the text of a document; raise `UnreadableError` if it has none."""
    writer = Writer()
    write_rtf(writer, data)
    return writer.document()


def write_rtf(writer: Writer, data: bytes) -> None:
    """Write the text of RTF; where its rows were, tables."""
    rows: list[Row] = []
    lines: list[str] = []
    for line in rtf_to_text(data.decode("latin-1"), errors="ignore").splitlines():
        if line.endswith("|") and line.count("|") > 1:
            writer.paragraph("\n".join(lines))
            lines = []
            rows.append([cell.strip() for cell in line[:-1].split("|")])
            continue
        writer.table(rows)
        rows = []
        if line.strip():
            lines.append(line)
        else:
            writer.paragraph("\n".join(lines))
            lines = []
    writer.table(rows)
    writer.paragraph("\n".join(lines))
