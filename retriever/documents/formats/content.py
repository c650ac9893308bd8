"""Which format bytes are in, by the bytes: what a file is called may be wrong.

Nothing is unpacked or parsed here but the list of names in an archive: the process that asks holds secrets.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from retriever.documents.blocks import UnreadableError

_END, _ENTRY = b"PK\x05\x06", b"PK\x01\x02"
_END_FIELDS, _ENTRY_FIELDS = struct.Struct("<4x4xHH2I"), struct.Struct("<28x3H12x")
_MOST_ENTRIES = 5000
_OOXML = "application/vnd.openxmlformats-officedocument."
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
_HTML = re.compile(rb"\s*(?:<!doctype\s+html|<html[\s>]|<head[\s>]|<\?xml[^>]{0,200}\?>\s*<!doctype\s+html)", re.I)
_RTF, _WEBP = "application/rtf", "image/webp"
_BEGINNINGS = (
    (b"{\\rtf", _RTF), (b"RIFF", _WEBP),
    (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"), (b"BM", "image/bmp"), (b"GIF8", "image/gif"),
    (b"\x1f\x8b", "application/gzip"), (b"7z\xbc\xaf\x27\x1c", "application/x-7z"), (b"Rar!", "application/x-rar"),
    (b"\x7fELF", "application/x-executable"), (b"MZ\x90", "application/x-executable"),
)  # fmt: skip
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_STREAMS = (
    ("__properties_version1.0", "application/vnd.ms-outlook"),
    ("WordDocument", "application/msword"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("Workbook", "application/vnd.ms-excel"),
    ("Book", "application/vnd.ms-excel"),
)
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_NAMES = {
    "application/pdf": "a PDF", f"{_OOXML}wordprocessingml.document": "a Word document (DOCX)",
    f"{_OOXML}spreadsheetml.sheet": "an Excel workbook (XLSX)",
    f"{_OOXML}presentationml.presentation": "a PowerPoint presentation (PPTX)",
    f"{_OPEN_DOCUMENT}spreadsheet": "an OpenDocument spreadsheet", f"{_OPEN_DOCUMENT}text": "an OpenDocument text",
    f"{_OPEN_DOCUMENT}presentation": "an OpenDocument presentation", "application/epub+zip": "an EPUB book",
    "application/zip": "a ZIP archive", "application/vnd.ms-outlook": "an Outlook message (MSG)",
    "application/vnd.ms-excel": "an old Excel workbook (XLS)", "application/msword": "an old Word document (DOC)",
    "application/vnd.ms-powerpoint": "an old PowerPoint presentation (PPT)", "application/rtf": "an RTF document",
    "text/html": "an HTML page", "application/x-ole": "an OLE container of an unknown kind",
    "application/gzip": "a gzip archive", "application/x-7z": "a 7z archive", "application/x-rar": "a RAR archive",
    "application/x-executable": "a program",
}  # fmt: skip


def media_type_of(data: bytes) -> str | None:
    """Return the media type that bytes show themselves to be, None if they may be any text.

    Raises `UnreadableError` for a file that only a password opens, and for an archive that is damaged.
    """
    if b"%PDF-" in data[:1024]:
        return "application/pdf"
    if data.startswith((b"PK\x03\x04", _END)):
        return _archive(data)
    if data.startswith(_OLE):
        return _container(data)
    found = next((media_type for magic, media_type in _BEGINNINGS if data.startswith(magic)), None)
    if found is not None and (found == _RTF or _BINARY.search(data[:64])):  # else a text that begins so by chance
        return None if found == _WEBP and data[8:12] != b"WEBP" else found
    return "text/html" if _HTML.match(data.removeprefix(b"\xef\xbb\xbf")[:1000]) else None


def called(media_type: str) -> str:
    """Return what people call bytes of this media type."""
    return _NAMES.get(media_type, "a picture" if media_type.startswith("image/") else media_type)


def is_text(data: bytes) -> bool:
    """Return whether bytes without a known beginning look like text rather than like a program's data."""
    part = data[:4096]
    return bool(part) and len(_BINARY.findall(part)) <= len(part) // 100 + (part.count(0) if _is_wide(part) else 0)


def _is_wide(part: bytes) -> bool:
    """Return whether bytes look like UTF-16: every second one is often zero."""
    return part[:2] in (b"\xff\xfe", b"\xfe\xff") or max(part[::2].count(0), part[1::2].count(0)) > len(part) // 8


def _archive(data: bytes) -> str:
    names = list(_names(data))
    if any(name.startswith("word/") for name in names):
        return f"{_OOXML}wordprocessingml.document"
    if any(name.startswith("xl/") for name in names):
        return f"{_OOXML}spreadsheetml.sheet"
    if any(name.startswith("ppt/") for name in names):
        return f"{_OOXML}presentationml.presentation"
    start = data[30:200]  # formats that say what they are do so in an entry that comes first and is not packed
    if start.startswith(b"mimetype"):
        said = re.match(rb"mimetype[^a]{0,40}(application/[a-z0-9.+-]{1,80}?)(?:PK|$)", start, re.S)
        if said is not None:
            return said[1].decode()
    return "application/epub+zip" if "meta-inf/container.xml" in names else "application/zip"


def _names(data: bytes) -> Iterator[str]:
    """Yield the names in the list at the end of an archive, in small letters."""
    end = data.rfind(_END)
    if end < 0 or len(data) < end + 20:
        raise UnreadableError("It begins as an archive and has no end: it is damaged, or cut off.", code="damaged")
    _, count, size, place = _END_FIELDS.unpack_from(data, end)
    place = place if data.startswith(_ENTRY, place) else max(0, end - size)
    for _ in range(min(count, _MOST_ENTRIES)):
        if not data.startswith(_ENTRY, place) or len(data) < place + 46:
            return
        name, extra, comment = _ENTRY_FIELDS.unpack_from(data, place)
        yield data[place + 46 : place + 46 + name].decode("utf-8", "replace").lower()
        place += 46 + name + extra + comment


def _container(data: bytes) -> str:
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise UnreadableError(
            "It is protected by a password. Save it without one, and upload it again.", code="encrypted"
        )
    for stream, media_type in _STREAMS:
        if (stream + "\0").encode("utf-16-le") in data:
            return media_type
    return "application/x-ole"
