"""EPUB books: their chapters in the order of reading."""

from __future__ import annotations

import posixpath
import re
from functools import partial
from urllib.parse import unquote

from retriever.documents.blocks import ReadDocument, UnreadableError
from retriever.documents.markup.archives import Archive, Element, local
from retriever.documents.markup.charsets import decoded_as
from retriever.documents.markup.pages import Pages
from retriever.documents.markup.pictures import Pictures, inline
from retriever.documents.markup.writer import Writer

_CONTAINER = "META-INF/container.xml"
_ENCODING = re.compile(rb"""(?:charset|encoding)\s{0,5}=\s{0,5}["']?([A-Za-z0-9_.:-]{2,40})""", re.I)
_ABOUT = {"title": "Title", "creator": "Author", "publisher": "Publisher", "date": "Date", "identifier": "Identifier",
          "description": "Description", "language": "Language"}  # fmt: skip


def read(data: bytes) -> ReadDocument:
    """Return the text of a book; raise `UnreadableError` if it is damaged or has none."""
    return _read(data, Pictures())


def read_pictures(data: bytes) -> ReadDocument:
    """Return the same with the text of its pictures."""
    return _read(data, Pictures(recognised=True))


def _read(data: bytes, pictures: Pictures) -> ReadDocument:
    book = Archive(data)
    path = next((each.get("full-path", "") for each in book.xml(_CONTAINER).iter() if local(each) == "rootfile"), "")
    package = book.xml(path)
    writer = Writer()
    _write_about(writer, package)
    missing = []
    for name in _chapters(package, posixpath.dirname(path)):
        if not book.has(name):
            missing.append(name)
            continue
        page = book.read(name)
        declared = _ENCODING.search(page[:1024])
        seen = partial(_seen, book, posixpath.dirname(name), pictures)
        Pages(writer, seen=seen).read(decoded_as(page, declared[1].decode() if declared is not None else "utf-8").text)
    return pictures.document(
        writer, doubt=f"The book lacks {len(missing)} of its chapters: {missing[0][:100]}" if missing else None
    )


def _seen(book: Archive, folder: str, pictures: Pictures, source: str) -> str:
    """Return the text of a picture, which stands in the page itself or is another part of the book."""
    name = posixpath.normpath(posixpath.join(folder, unquote(source)))
    return pictures.text(book.read(name) if book.has(name) else inline(source))


def _write_about(writer: Writer, package: Element) -> None:
    """Write what a book says of itself: its title as a heading, and the rest."""
    about: list[str] = []
    for element in package.iter():
        name, text = local(element), " ".join((element.text or "").split())
        if name not in _ABOUT or not text or "dc/elements" not in element.tag:
            continue
        if name == "title" and not writer.size:
            writer.heading(1, text)
        else:
            about.append(f"{_ABOUT[name]}: {text}")
    writer.paragraph("\n".join(about))


def _chapters(package: Element, folder: str) -> list[str]:
    items = {
        each.get("id", ""): posixpath.normpath(posixpath.join(folder, unquote(each.get("href", "").split("#")[0])))
        for each in package.iter()
        if local(each) == "item"
    }
    spine = [each.get("idref", "") for each in package.iter() if local(each) == "itemref"]
    if not spine:
        raise UnreadableError("The book names no chapters.", code="damaged")
    return [items[each] for each in spine if each in items]
