"""Markdown: plain text whose headings are known."""

from __future__ import annotations

from dataclasses import replace

from retriever.documents.blocks import ReadDocument
from retriever.documents.formats import plain_text
from retriever.documents.formats.plain_text import doubt
from retriever.documents.markdown_headings import headings

__all__ = ["doubt", "read"]


def read(data: bytes) -> ReadDocument:
    """Return the text of a file with its headings; raise `UnreadableError` if it has no text."""
    document = plain_text.read(data)
    return replace(document, blocks=headings(document.text), markdown=True)
