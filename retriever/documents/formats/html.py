"""HTML pages: what can be seen of them, with headings, lists and tables."""

from __future__ import annotations

import re

from retriever.documents.blocks import ReadDocument
from retriever.documents.encodings import Reading
from retriever.documents.markup.charsets import decoded_as
from retriever.documents.markup.pages import Pages
from retriever.documents.markup.pictures import Pictures, inline
from retriever.documents.markup.writer import Writer

_CHARSET = re.compile(rb"""(?:charset|encoding)\s{0,5}=\s{0,5}["']?([A-Za-z0-9_.:-]{2,40})""", re.I)
_HEAD = 4096  # bytes in which a page says what encoding it is in


def read(data: bytes) -> ReadDocument:
    """Return the text of a page; raise `UnreadableError` if it has none."""
    return _read(data, Pictures())


def read_pictures(data: bytes) -> ReadDocument:
    """Return the same with the text of pictures that are in the page itself."""
    return _read(data, Pictures(recognised=True))


def _read(data: bytes, pictures: Pictures) -> ReadDocument:
    found = _decoded(data)
    writer = Writer()
    Pages(writer, titled=True, seen=lambda source: pictures.text(inline(source))).read(found.text)
    return pictures.document(writer, doubt=found.doubt)


def doubt(data: bytes) -> str | None:
    """Return a sentence on what is not certain in the encoding of a page, None if all is."""
    return _decoded(data).doubt


def _decoded(data: bytes) -> Reading:
    declared = _CHARSET.search(data[:_HEAD])
    return decoded_as(data, declared[1].decode() if declared is not None else None)
