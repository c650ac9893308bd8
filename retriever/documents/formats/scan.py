"""PDFs of which pages are pictures: these are read by recognition, the others as they are."""

from __future__ import annotations

from retriever.documents.blocks import ReadDocument
from retriever.documents.pdf.reading import read_pdf
from retriever.documents.recognition import recognised_page


def read(data: bytes) -> ReadDocument:
    """Return the text of a PDF; raise `UnreadableError` if it cannot be opened or has none."""
    return read_pdf(data, recognised_page)
