"""Markdown: plain text that is marked up; its structure is read where it is cut, by `retriever.documents.structure`."""

from __future__ import annotations

from dataclasses import replace

from retriever.documents.blocks import ReadDocument
from retriever.documents.formats import plain_text
from retriever.documents.formats.plain_text import doubt

__all__ = ["doubt", "read"]


def read(data: bytes) -> ReadDocument:
    """Return the text of a file; raise `UnreadableError` if it has no text."""
    return replace(plain_text.read(data), markdown=True)
