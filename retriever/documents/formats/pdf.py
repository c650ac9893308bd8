"""PDFs with text: page by page, with their headings, their tables, and where everything stands."""

from __future__ import annotations

from importlib.util import find_spec

from retriever.documents.blocks import ReadDocument
from retriever.documents.formats.table import OCR, OCR_MISSING
from retriever.documents.pdf.reading import read_pdf
from retriever.documents.recognition import recognised_page


def read(data: bytes) -> ReadDocument:
    """Return the text of a PDF; raise `UnreadableError` if it cannot be opened or has none.

    Where pages are pictures and they can be read here, the code is `needs_ocr`: that takes longer.
    """
    return read_pdf(data, None, missing="" if find_spec(OCR) is not None else OCR_MISSING)


def read_pictures(data: bytes) -> ReadDocument:
    """Return the same with the text of pages that are pictures."""
    return read_pdf(data, recognised_page)
