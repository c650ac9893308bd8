"""PDFs read page by page: by PDFium, and what it cannot by pypdf, or by recognition where a page is a picture."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import closing

import pypdfium2
import pypdfium2.raw as pdfium

from retriever.documents.blocks import ReadDocument, UnreadableError
from retriever.documents.markup.pictures import RECOGNISED
from retriever.documents.markup.writer import clean
from retriever.documents.pdf.assembly import Assembly, PageContent
from retriever.documents.pdf.lines import PageLine, has_picture, is_right_to_left, lines_on, says_little
from retriever.documents.pdf.tables import PageLayout, exact, layouts_of

_LOCKED = "It is protected by a password. Save it without one, and upload it again."
_NAMED = 10  # pages that a message names
Recognise = Callable[[pypdfium2.PdfPage], list[PageLine]]


def read_pdf(data: bytes, recognise: Recognise | None, *, missing: str = "") -> ReadDocument:
    """Return the text of a PDF; raise `UnreadableError` if it cannot be opened or has none.

    Pages without text are read by `recognise`; without it, `missing` says how it could be had. The code `needs_ocr`
    asks for another try with it, where `missing` is empty.
    """
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise UnreadableError(_LOCKED, code="encrypted") from error
        return _by_pypdf(data, str(error))
    with closing(document):
        if len(document) == 0:
            return _by_pypdf(data, "it has no page")
        return _Pages(data, document, recognise, missing).read()


class _Pages:
    def __init__(self, data: bytes, document: pypdfium2.PdfDocument, recognise: Recognise | None, missing: str) -> None:
        self._data = data
        self._document = document
        self._recognise = recognise
        self._missing = missing
        self._unread: list[int] = []
        self._broken: list[int] = []
        self._recognised: list[int] = []
        if document.get_formtype() != pdfium.FORMTYPE_NONE:
            document.init_forms()

    def read(self) -> ReadDocument:
        """Return the text of all pages."""
        contents = [self._content(number) for number in range(1, len(self._document) + 1)]
        if self._unread and self._recognise is None and not self._missing:
            raise UnreadableError("Pages of it are pictures.", code="needs_ocr")
        layouts = layouts_of(self._data)
        assembly = Assembly()
        for content in contents:
            layout = layouts.get(content.number, PageLayout()) if content.source == "text" else PageLayout()
            if layout.tables:
                with closing(self._document[content.number - 1]) as page:
                    layout.tables = [exact(table, page) for table in layout.tables]
            content.layout = layout
            assembly.add(content)
        try:
            return assembly.document(doubt=self._doubt())
        except UnreadableError as error:
            raise self._nothing() from error

    def _content(self, number: int) -> PageContent:
        try:
            with closing(self._document[number - 1]) as page:
                return self._read_page(number, page)
        except pypdfium2.PdfiumError:
            self._broken.append(number)
            return PageContent(number, [], PageLayout())

    def _read_page(self, number: int, page: pypdfium2.PdfPage) -> PageContent:
        if self._document.formenv is not None:
            page.flatten()  # so that what is filled in is text as well
        lines = lines_on(page)
        if is_right_to_left(lines):
            lines = _lines_by_pypdf(self._data, number) or lines
        if not (says_little(lines) and has_picture(page)):
            return PageContent(number, lines, PageLayout())
        if self._recognise is None:
            self._unread.append(number)
            return PageContent(number, lines, PageLayout())
        found = self._recognise(page)
        if not found:
            return PageContent(number, lines, PageLayout())
        self._recognised.append(number)
        return PageContent(number, found, PageLayout(), "ocr")

    def _doubt(self) -> str | None:
        said = []
        if self._broken:
            said.append(f"Pages that cannot be read, because the file is damaged: {_named(self._broken)}.")
        if self._unread:
            said.append(f"Pages that are pictures without text: {_named(self._unread)}. {self._missing}")
        if self._recognised:
            said.append(f"{RECOGNISED}, on these pages: {_named(self._recognised)}.")
        return " ".join(said) or None

    def _nothing(self) -> UnreadableError:
        """Return why there is no text."""
        if self._unread:
            return UnreadableError(f"Its pages are pictures without text. {self._missing}", code="ocr_missing")
        if self._broken:
            return UnreadableError("None of its pages can be read: it is damaged.", code="damaged")
        return UnreadableError(f"It has no text; pages: {len(self._document)}.", code="empty_document")


def _named(numbers: list[int]) -> str:
    named = ", ".join(map(str, numbers[:_NAMED]))
    return f"{named}{f' and {len(numbers) - _NAMED} more' if len(numbers) > _NAMED else ''}"


def _by_pypdf(data: bytes, reason: str) -> ReadDocument:
    """Return the text of a PDF that PDFium cannot open."""
    import pypdf

    assembly = Assembly()
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted:
            raise UnreadableError(_LOCKED, code="encrypted")
        for number, page in enumerate(reader.pages, start=1):
            lines = [PageLine(text, None) for line in page.extract_text().splitlines() if (text := clean(line))]
            assembly.add(PageContent(number, lines, PageLayout()))
    except _failures_of_pypdf() as error:
        raise UnreadableError(f"The PDF is damaged: {reason[:200]}.", code="damaged") from error
    return assembly.document(doubt="The file is damaged; it was read as far as possible.")


def _failures_of_pypdf() -> tuple[type[Exception], ...]:
    """Return what pypdf raises at damaged files: its own errors, and whatever their values lead to."""
    from pypdf.errors import DeprecationError, PyPdfError

    return (PyPdfError, DeprecationError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError,
            RuntimeError, AssertionError, OSError)  # fmt: skip


def _lines_by_pypdf(data: bytes, number: int) -> list[PageLine]:
    """Return the lines of a page in the order of their words, which PDFium turns round in Arabic and Hebrew."""
    import pypdf

    try:
        text = pypdf.PdfReader(io.BytesIO(data)).pages[number - 1].extract_text()
    except _failures_of_pypdf():
        return []
    return [PageLine(solid, None) for line in text.splitlines() if (solid := clean(line))]
