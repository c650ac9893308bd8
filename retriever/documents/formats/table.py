"""The table of formats: what a file of each is called, how it begins, which module reads it, and within which limits.

A new format is a module with `read(data: bytes) -> ReadDocument` and a row here. The module is imported in the process
that reads (see `retriever.documents.reading`), so whatever library it needs is loaded there alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import PurePath

from retriever.documents.blocks import UnreadableError
from retriever.documents.formats.content import called, is_text, media_type_of

_MB = 1_000_000


@dataclass(frozen=True)
class Limits:
    """What reading one document may take; `_per_mb` is allowed in addition for each million bytes of the original."""

    memory_mb: int = 1000
    memory_mb_per_mb: int = 40
    cpu_s: int = 20
    cpu_s_per_mb: int = 4
    wall_s: int = 45
    wall_s_per_mb: int = 8
    answer_mb: int = 10
    answer_mb_per_mb: int = 10

    def memory(self, size: int) -> int:
        """Return the bytes of address space for a document of this size."""
        return self.memory_mb * _MB + self.memory_mb_per_mb * size

    def cpu(self, size: int) -> int:
        """Return the seconds of computing for a document of this size."""
        return self.cpu_s + self.cpu_s_per_mb * size // _MB

    def wall(self, size: int) -> int:
        """Return the seconds on the clock for a document of this size."""
        return self.wall_s + self.wall_s_per_mb * size // _MB

    def answer(self, size: int) -> int:
        """Return the bytes of text and blocks that a document of this size may give."""
        return self.answer_mb * _MB + self.answer_mb_per_mb * size


@dataclass(frozen=True)
class Format:
    """A format of documents.

    `magic` are the bytes that a file of it begins with, one of them, if it begins in a known way. Documents of an
    `alone` format get a process each, as those must that a library parses; what is only decoded shares one. With
    `tells_doubt` the module has `doubt(data: bytes) -> str | None`, which is asked as soon as a document arrives.
    `needs` is a module that only an extra installs. A module of a format with limits for `ocr` has a function
    `read_pictures`, too, which takes longer. It is asked if `read` counts pictures that it leaves, or has nothing else
    and raises `UnreadableError` with the code `needs_ocr`.
    """

    name: str
    suffixes: tuple[str, ...]
    media_type: str
    reader: str
    magic: tuple[bytes, ...] = ()
    limits: Limits = Limits()
    alone: bool = True
    tells_doubt: bool = False
    needs: str = ""
    ocr: Limits | None = None


OCR = "rapidocr"
OCR_MISSING = (
    "Text in pictures is read by an extra: pip install 'tandem-rag[ocr]' where the server runs, and upload it again."
)
_READERS = "retriever.documents.formats."
_OOXML = "application/vnd.openxmlformats-officedocument."
_UNPACKED = Limits(memory_mb_per_mb=60, cpu_s_per_mb=10, wall_s_per_mb=20)
# A page takes 3 to 9 seconds of a core, and has 30 kB or more; the models take a gigabyte of addresses.
_OCR = Limits(memory_mb=4000, cpu_s=120, cpu_s_per_mb=400, wall_s=400, wall_s_per_mb=1200)
_PICTURES = Limits(memory_mb=4000, memory_mb_per_mb=60, cpu_s=300, cpu_s_per_mb=10, wall_s=900, wall_s_per_mb=20)

PLAIN_TEXT = Format(
    "plain text", (".txt", ".text", ".log"), "text/plain", f"{_READERS}plain_text", alone=False, tells_doubt=True,
)  # fmt: skip
MARKDOWN = Format(
    "Markdown", (".md", ".markdown"), "text/markdown", f"{_READERS}markdown", alone=False, tells_doubt=True,
)  # fmt: skip
HTML = Format("HTML", (".html", ".htm", ".xhtml"), "text/html", f"{_READERS}html", tells_doubt=True, ocr=_PICTURES)
FORMATS = (
    PLAIN_TEXT,
    MARKDOWN,
    HTML,
    Format("PDF", (".pdf",), "application/pdf", f"{_READERS}pdf", magic=(b"%PDF-",), ocr=_OCR),
    Format(
        "DOCX",
        (".docx", ".docm"),
        f"{_OOXML}wordprocessingml.document",
        f"{_READERS}docx",
        (b"PK",),
        _UNPACKED,
        ocr=_PICTURES,
    ),
    Format(
        "PPTX",
        (".pptx", ".ppsx", ".pptm"),
        f"{_OOXML}presentationml.presentation",
        f"{_READERS}pptx",
        (b"PK",),
        _UNPACKED,
        ocr=_PICTURES,
    ),
    Format(
        "XLSX", (".xlsx", ".xlsm", ".xlsb"), f"{_OOXML}spreadsheetml.sheet", f"{_READERS}workbook", (b"PK",), _UNPACKED
    ),
    Format("XLS", (".xls",), "application/vnd.ms-excel", f"{_READERS}workbook", (b"\xd0\xcf\x11\xe0",), _UNPACKED),
    Format(
        "ODS", (".ods",), "application/vnd.oasis.opendocument.spreadsheet", f"{_READERS}workbook", (b"PK",), _UNPACKED
    ),
    Format("CSV", (".csv",), "text/csv", f"{_READERS}delimited", tells_doubt=True),
    Format("TSV", (".tsv", ".tab"), "text/tab-separated-values", f"{_READERS}delimited", tells_doubt=True),
    Format("EPUB", (".epub",), "application/epub+zip", f"{_READERS}epub", (b"PK",), _UNPACKED, ocr=_PICTURES),
    Format("e-mail", (".eml",), "message/rfc822", f"{_READERS}mail", limits=_UNPACKED),
    Format("MSG", (".msg",), "application/vnd.ms-outlook", f"{_READERS}outlook", (b"\xd0\xcf\x11\xe0",), _UNPACKED),
    Format("RTF", (".rtf",), "application/rtf", f"{_READERS}rich_text", (b"{\\rtf",)),
    Format("JSON", (".json",), "application/json", f"{_READERS}json_text"),
    Format("JSON Lines", (".jsonl", ".ndjson"), "application/jsonl", f"{_READERS}json_text"),
    *(
        Format(name, suffixes, f"image/{name.lower()}", f"{_READERS}picture", limits=_OCR, needs=OCR)
        for name, suffixes in (
            ("PNG", (".png",)),
            ("JPEG", (".jpg", ".jpeg")),
            ("TIFF", (".tif", ".tiff")),
            ("WebP", (".webp",)),
            ("BMP", (".bmp",)),
        )
    ),
)


def format_of_file(name: str, formats: Sequence[Format] = FORMATS) -> Format:
    """Return the format of a file with this name; raise `UnreadableError` for what cannot be read."""
    suffix = PurePath(name).suffix.lower()
    for each in formats:
        if suffix in each.suffixes:
            return each
    known = ", ".join(sorted(suffix for each in formats for suffix in each.suffixes))
    raise UnreadableError(
        f"Files of type {suffix or 'without ending'} are not supported; send {known}.",
        code="unsupported_type",
        param="files",
    )


def format_of_type(media_type: str, formats: Sequence[Format] = FORMATS) -> Format:
    """Return the format of this media type; of one that is not in the table the bytes are read as plain text."""
    return next((each for each in formats if each.media_type == media_type), PLAIN_TEXT)


@dataclass(frozen=True)
class Choice:
    """The format of an upload, and a sentence on it if the file is not what its name says."""

    format: Format
    note: str | None = None


def format_of_upload(name: str, data: bytes, formats: Sequence[Format] = FORMATS) -> Choice:
    """Return the format of a file by its bytes, and where they may be any text by its name.

    Raises `UnreadableError`, which names what the file is, for what cannot be read.
    """
    suffix = PurePath(name).suffix.lower()
    named = next((each for each in formats if suffix in each.suffixes), None)
    found = media_type_of(data)
    if found is None:
        return Choice(_as_text(name, data, named, formats))
    form = next((each for each in formats if each.media_type == found), None)
    if form is None:
        raise UnreadableError(
            f"The file is {called(found)}, which is not supported; {_INSTEAD.get(found, _KNOWN)}.",
            code="unsupported_type",
            param="files",
        )
    if form.needs and find_spec(form.needs) is None:
        raise UnreadableError(f"The file is a picture. {OCR_MISSING}", code="ocr_missing", param="files")
    if named is form or named is None or (form is HTML and named.media_type.startswith(("text/", "message/"))):
        return Choice(HTML if named is PLAIN_TEXT and form is HTML else named or form)
    return Choice(form, f"The file is called {suffix} and is {called(found)}: it was read as that.")


_INSTEAD = {
    "application/msword": "save it as DOCX or PDF",
    "application/vnd.ms-powerpoint": "save it as PPTX or PDF",
    "application/vnd.oasis.opendocument.text": "save it as DOCX or PDF",
    "application/vnd.oasis.opendocument.presentation": "save it as PPTX or PDF",
    "application/zip": "unpack it, and upload what is in it",
    "application/gzip": "unpack it, and upload what is in it",
}
_KNOWN = "send text, Markdown, HTML, PDF, an office document, a book, a mail, CSV or JSON"


def _as_text(name: str, data: bytes, named: Format | None, formats: Sequence[Format]) -> Format:
    """Return the format of bytes that do not say what they are."""
    if named is None:
        if PurePath(name).suffix or not is_text(data):
            return format_of_file(name, formats)  # which says what is supported
        return PLAIN_TEXT
    if not named.magic and not named.needs:
        return named
    if not data:
        raise UnreadableError("The file is empty: it has no bytes.", code="empty_document", param="files")
    what = "It looks like plain text" if is_text(data) else "It is damaged, or something else"
    message = f"The file is called {PurePath(name).suffix.lower()} and does not begin as {named.name} does. {what}."
    raise UnreadableError(message, code="wrong_content", param="files")
