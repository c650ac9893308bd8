"""Reads a Parquet file as JSON Lines, in the process with limits that reads documents."""

from __future__ import annotations

import io
import json

from retriever.documents.blocks import ReadDocument, UnreadableError


def read(data: bytes) -> ReadDocument:
    """Return the rows of a table, an object on each line."""
    try:
        from pyarrow import parquet
    except ImportError as error:
        message = "Parquet is read by pyarrow, which is not installed: pip install pyarrow."
        raise UnreadableError(message, code="pyarrow_missing") from error
    rows = parquet.ParquetFile(io.BytesIO(data)).read(use_threads=False).to_pylist()
    return ReadDocument("\n".join(json.dumps(row, ensure_ascii=False, default=str) for row in rows))
